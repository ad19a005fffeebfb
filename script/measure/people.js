// What measurements without a browser share: people with a session and an event stream, and what is made of their times.
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");

const { PORT, PROFILE, BENCH_COMMIT } = process.env;

// Everybody has an address of their own, as limits count by network, and a connection that stays open.
function request(person, method, path, type, body) {
    return new Promise((resolve, reject) => {
        const headers = { cookie: person.cookie ?? "", ...(type && { "content-type": type, "content-length": Buffer.byteLength(body) }) };
        const asked = http.request({ host: "127.0.0.1", port: PORT, method, path, headers, agent: person.agent }, resolve);
        asked.on("error", reject).end(body);
    });
}

async function text(answer) {
    let all = "";
    for await (const part of answer.setEncoding("utf8")) all += part;
    return all;
}

async function call(person, name, args) {
    const answer = await request(person, "POST", `/api/${name}`, "application/json", JSON.stringify(args));
    const said = await text(answer);
    if (answer.statusCode !== 200) throw new Error(`${name}: ${answer.statusCode} ${said}`);
    return said ? JSON.parse(said) : null;
}

/** Comes into the parish by an invite, and listens. */
async function enter(invite, number, hear) {
    const agent = new http.Agent({ keepAlive: true, localAddress: `127.0.${1 + (number >> 7)}.${(number & 127) + 1}` });
    const person = { number, agent };
    const form = new URLSearchParams({ invite, name: `Person ${number}`, login: `person${number}`, password: "correct horse battery" });
    const answer = await request(person, "POST", "/api/sign_up", "application/x-www-form-urlencoded", form.toString());
    await text(answer);
    person.cookie = (answer.headers["set-cookie"] ?? [""])[0].split(";")[0];
    if (!person.cookie) throw new Error(`no session for ${number}: ${answer.statusCode}`);
    const { me, channels } = await call(person, "community", {});
    Object.assign(person, { member: me.id, leads: me.role !== "member", channel: channels.find(({ kind }) => kind === "parish").id });
    person.end = await listen(person, hear);
    return person;
}

/** Opens the event stream of this person; `hear` is given the kind and the JSON of each event. Gives back what ends it. */
async function listen(person, hear) {
    const stream = await request(person, "GET", "/api/events");
    let rest = "";
    stream.setEncoding("utf8").on("data", (part) => {
        const events = (rest + part).split("\n\n");
        rest = events.pop();
        for (const event of events) {
            const kind = /^event: ?(.*)$/m.exec(event)?.[1];
            if (kind) hear(person, kind, /^data: ?(.*)$/m.exec(event)[1]);
        }
    });
    // That it is cut is what some measure.
    stream.on("error", () => {});
    return () => stream.destroy();
}

/** Of times in milliseconds. */
function statistics(times) {
    const sorted = [...times].sort((a, b) => a - b);
    const rank = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    return { n: sorted.length, p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), most: rank(1) };
}

/** Writes target/bench/NAME.md and .json, and ends the program: with an error if something was missed. */
function report(name, about, loads, rows, more) {
    const cpu = os.cpus()[0].model.trim();
    const line = ({ what, n, p50, p95, p99, most, reach, missed }) =>
        `| ${what} | ${n} | ${[p50, p95, p99, most].map((ms) => ms.toFixed(1)).join(" | ")} | ${reach ? `${reach} | ${missed ? "**missed**" : "reached"}` : " |"} |`;
    const words = [
        `${os.cpus().length} cores (${cpu}), which server and measurement share; commit ${BENCH_COMMIT}; ${PROFILE} build, SQLite.`,
        `Load of the machine before and after: ${loads.map((load) => load.toFixed(1)).join(" and ")}. Times in ms.`,
        "",
        `| ${about} | n | p50 | p95 | p99 | most | to be reached | |`,
        "|---|--:|--:|--:|--:|--:|---|---|",
        ...rows.map(line),
        "",
    ].join("\n");
    const rounded = (_, value) => (typeof value === "number" ? Math.round(value * 10) / 10 : value);
    fs.writeFileSync(`target/bench/${name}.md`, words);
    const all = { commit: BENCH_COMMIT, server: PROFILE, cores: os.cpus().length, cpu, load: loads, rows, ...more };
    fs.writeFileSync(`target/bench/${name}.json`, JSON.stringify(all, rounded, 1));
    console.log(`\n${words}`);
    process.exit(rows.some(({ missed }) => missed) ? 1 : 0);
}

const load = () => os.loadavg()[0];

/** Runs a measurement. One that cannot be finished is an error, with its reason. */
function measure(all) {
    all().catch((error) => {
        console.error(error);
        process.exit(1);
    });
}

module.exports = { call, enter, listen, load, measure, report, statistics };
