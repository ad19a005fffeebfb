// What several Paxoras on one PostgreSQL cost, for docs/scaling.md: memory of event streams, how news travel between processes, what a
// call leaves in the database, and how many commits and look-ups PostgreSQL does here. Run by `script/simulate measure`.
const { execFile, execFileSync, spawn } = require("node:child_process");
const { randomUUID } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const { promisify } = require("node:util");
const { createInterface } = require("node:readline");
const { call, enter, listen, statistics } = require("./people.js");
const { load, measure } = require("./results.js");

const { TEST_POSTGRES_URL, PAXORA, PROFILE, BENCH_COMMIT, PGBENCH, FOLDER } = process.env;
const SECONDS = +process.env.DURATION;
const STREAMS = process.env.STREAMS.split(" ").map(Number);
const PROCESSES = process.env.PROCESSES.split(" ").map(Number);
const EACH_SECOND = 20;
const WRITERS = 20;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const database = TEST_POSTGRES_URL.replace("/postgres?", "/scaling?");
const sql = (text, url = database) => execFileSync("psql", [url, "-qAt", "-c", text], { encoding: "utf8" }).trim();
const environment = { ...process.env, DATABASE_URL: database, LISTEN: "127.0.0.1:0", SITE_DIR: `${FOLDER}/site`, RUST_LOG: "warn", VOICE_UDP_PORT: "0", VOICE_TCP_PORT: "0", VOICE_THREADS: "1", CALLS_PER_MINUTE: "1000", RINGS_PER_PAIR: "1000" };
const paxora = (...args) => execFileSync(PAXORA, args, { env: environment, encoding: "utf8" });

const running = [];
async function serve() {
    const server = spawn(PAXORA, ["serve"], { env: environment, stdio: ["ignore", "pipe", "ignore"] });
    running.push(server);
    for await (const line of createInterface({ input: server.stdout })) {
        const port = /^Paxora listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (!port) continue;
        server.stdout.resume();
        return { pid: server.pid, port };
    }
    throw new Error("the server did not start");
}
process.on("exit", () => running.forEach((server) => server.kill()));

/** Resident memory in KiB, and processor time in ms. */
const memory = ({ pid }) => +/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1];
function busy({ pid }) {
    const after = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (+after[11] + +after[12]) * 10;
}
/** All of PostgreSQL's transactions and written rows so far, once it has counted them. */
async function counters() {
    await pause(1_500);
    const [commits, rows] = sql("SELECT xact_commit, tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = 'scaling'").split("|").map(Number);
    return { commits, rows };
}

/** How often PostgreSQL does this in a second. */
async function pgbench(clients, script) {
    const file = `${FOLDER}/pgbench.sql`;
    fs.writeFileSync(file, script);
    const { stdout } = await promisify(execFile)(PGBENCH, ["-n", "-c", clients, "-j", 2, "-T", Math.min(SECONDS, 3), "-f", file, database].map(String));
    return Math.round(+/tps = ([\d.]+)/.exec(stdout)[1]);
}

async function streams(server, people) {
    const rows = [];
    const open = [];
    const idle = memory(server);
    for (const count of STREAMS) {
        while (open.length < count) {
            const person = people[open.length % people.length];
            open.push(await listen({ ...person, agent: undefined, port: server.port }, () => {}));
        }
        await pause(2_000);
        const began = { busy: busy(server), at: performance.now(), ...(await counters()) };
        await pause(10_000);
        const seconds = (performance.now() - began.at) / 1000;
        const commits = ((await counters()).commits - began.commits) / (seconds + 1.5);
        rows.push({ streams: count, kib: memory(server), kibEach: (memory(server) - idle) / count, coreMsPerSecond: (busy(server) - began.busy) / seconds, lookupsPerSecond: commits });
        console.log(JSON.stringify(rows.at(-1)));
    }
    for (const end of open) end();
    return { idle, rows };
}

/** Messages are posted at the first of so many processes: how soon those at the same and those at the others have them. */
async function news(servers, people) {
    const times = { same: [], other: [] };
    const posted = new Map();
    const ends = [];
    for (const [at, server] of servers.entries()) {
        for (const person of people.slice(0, 10)) {
            ends.push(await listen({ ...person, agent: undefined, port: server.port }, (_, kind, data) => {
                if (kind !== "message") return;
                const now = performance.now();
                const number = JSON.parse(data).data.content.words?.text;
                if (posted.has(number)) times[at === 0 ? "same" : "other"].push(now - posted.get(number));
            }));
        }
    }
    await pause(2_000);
    const rest = { ...(await counters()), busy: servers.map(busy), at: performance.now() };
    await pause(5_000);
    const still = { ...(await counters()), busy: servers.map(busy), at: performance.now() };
    const began = still;
    const count = SECONDS * EACH_SECOND;
    for (let number = 0; number < count; number++) {
        const by = people[number % people.length];
        const text = `${servers.length} ${number}`;
        posted.set(text, performance.now());
        void call({ ...by, port: servers[0].port }, "post_message", { channel: by.channel, body: text, nonce: randomUUID() });
        await pause(Math.max(0, began.at + ((number + 1) * 1000) / EACH_SECOND - performance.now()));
    }
    await pause(1_000);
    const done = { ...(await counters()), busy: servers.map(busy), at: performance.now() };
    for (const end of ends) end();
    // What the streams and sweepers do anyway is taken off.
    const share = (done.at - still.at) / (still.at - rest.at);
    const above = (of) => of(done) - of(still) - (of(still) - of(rest)) * share;
    return {
        processes: servers.length,
        same: statistics(times.same),
        other: times.other.length > 0 ? statistics(times.other) : null,
        missing: count * 10 * servers.length - times.same.length - times.other.length,
        commitsPerMessage: above(({ commits }) => commits) / count,
        coreMsPerMessageFirst: above(({ busy }) => busy[0]) / count,
        coreMsPerMessageOthers: servers.length > 1 ? above(({ busy }) => busy.slice(1).reduce((sum, ms) => sum + ms, 0)) / count / (servers.length - 1) : null,
    };
}

/** Hears what processes tell each other from now on; gives back what counts it. */
async function ear(channel) {
    const psql = spawn("psql", [database], { stdio: ["pipe", "pipe", "ignore"] });
    let said = "";
    psql.stdout.setEncoding("utf8").on("data", (part) => (said += part));
    psql.stdin.write(`LISTEN ${channel};\n`);
    await pause(500);
    return async () => {
        // psql tells what it was told when it is asked something.
        psql.stdin.end("SELECT 1;\n");
        await new Promise((resolve) => psql.once("close", resolve));
        return said.split("Asynchronous notification").length - 1;
    };
}

/** What so many calls of two leave behind, each. */
async function calls(server, people) {
    const [anna, ben] = people.map((person) => ({ ...person, port: server.port }));
    const channel = await call(anna, "open_direct", { member: ben.member });
    const tap = () => ({ nonce: randomUUID(), switch: false });
    const size = () => +sql("SELECT SUM(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public'");
    const tables = () => Object.fromEntries(sql("SELECT relname FROM pg_stat_user_tables ORDER BY 1").split("\n").map((name) => [name, +sql(`SELECT COUNT(*) FROM ${name}`)]));
    const COUNT = 100;
    const told = await ear(sql("SELECT CONCAT('paxora_', oid) FROM pg_namespace WHERE nspname = 'public'"));
    const before = { size: size(), tables: tables(), ...(await counters()) };
    const start = performance.now();
    for (let number = 0; number < COUNT; number++) {
        const { call: { id } } = await call(anna, "voice/initiate_call", { channel, targets: [], tap: tap() });
        await call(ben, "voice/answer_call", { call: id, tap: tap() });
        await call(anna, "voice/end_call", { call: id, nonce: randomUUID() });
    }
    await pause(3_000);
    const seconds = (performance.now() - start) / 1000;
    const after = { size: size(), tables: tables(), ...(await counters()) };
    const grown = Object.fromEntries(Object.keys(after.tables).map((name) => [name, (after.tables[name] - before.tables[name]) / COUNT]).filter(([, rows]) => rows !== 0));
    return { calls: COUNT, seconds, newsEach: (await told()) / COUNT, rowsEach: grown, bytesEach: (after.size - before.size) / COUNT, rowsWrittenEach: (after.rows - before.rows) / COUNT, commitsEach: (after.commits - before.commits) / COUNT };
}

measure(async () => {
    const loads = [load()];
    sql("CREATE DATABASE scaling", TEST_POSTGRES_URL);
    paxora("parish", "create", "Scaling");
    const invites = [0, 1].map(() => paxora("invite", "--role", "member").trim().split("\n").at(-1).replace(/.*\//, ""));
    const servers = [await serve()];
    await pause(1_000);
    const began = memory(servers[0]);
    const people = [];
    while (people.length < Math.max(WRITERS, 50)) {
        const person = await enter(invites[people.length >> 5], people.length, () => {}, servers[0].port);
        person.end();
        people.push(person);
    }
    const result = { commit: BENCH_COMMIT, profile: PROFILE, cores: os.cpus().length, cpu: os.cpus()[0].model.trim(), kibBegan: began };
    const step = (name, value) => {
        result[name] = value;
        console.log(`${name}: ${JSON.stringify(value)}`);
    };
    step("calls", await calls(servers[0], people));
    step("streams", await streams(servers[0], people));
    const told = [];
    for (const count of PROCESSES) {
        while (servers.length < count) servers.push(await serve());
        told.push(await news(servers, people));
        console.log(JSON.stringify(told.at(-1)));
    }
    step("news", told);
    for (const server of running) server.kill();
    await pause(2_000);

    sql("CREATE TABLE written (id BIGSERIAL PRIMARY KEY, words TEXT)");
    const write = "INSERT INTO written (words) VALUES ('forty letters of a message, or thereabouts');";
    const tell = `BEGIN; ${write} SELECT pg_notify('scaling', 'call 0199fe12-0000-7000-8000-000000000000'); COMMIT;`;
    const plain = `BEGIN; ${write} SELECT 1; COMMIT;`;
    const postgres = { plain: {}, told: {}, toldToListeners: {} };
    for (const clients of [1, 4, 16, 64]) {
        postgres.plain[clients] = await pgbench(clients, plain);
        postgres.told[clients] = await pgbench(clients, tell);
    }
    for (const listeners of [2, 8, 32]) {
        const ears = Array.from({ length: listeners }, () => {
            const psql = spawn("psql", [database, "-q"], { stdio: ["pipe", "ignore", "ignore"] });
            psql.stdin.write("LISTEN scaling;\n");
            psql.asks = setInterval(() => psql.stdin.write("SELECT 1;\n"), 200);
            return psql;
        });
        await pause(500);
        postgres.toldToListeners[listeners] = await pgbench(16, tell);
        for (const psql of ears) {
            clearInterval(psql.asks);
            psql.stdin.end();
        }
        await pause(500);
    }
    const token = sql("SELECT token_hash FROM sessions LIMIT 1");
    postgres.lookups = await pgbench(8, `SELECT member_id, expires_at FROM sessions WHERE token_hash = '${token}';`);
    step("postgres", postgres);
    loads.push(load());
    const rounded = (_, value) => (typeof value === "number" ? Math.round(value * 100) / 100 : value);
    fs.writeFileSync("target/bench/scaling.json", JSON.stringify({ ...result, load: loads }, rounded, 1));
    console.log(`Written to target/bench/scaling.json; the machine's load was ${loads.map((one) => one.toFixed(1)).join(" and ")}.`);
    process.exit(0);
});
