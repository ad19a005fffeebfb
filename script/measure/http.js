// How many requests a second the server answers, while `wrk` on the same cores asks: what every page asks for again and again, and
// a channel with its messages as a page, in a parish of forty and then in one ten times as large. Beside it, in turns, a bare axum
// that answers with as many bytes, and one for which Leptos puts as many elements together: what this machine can do.
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const { call, enter } = require("./people.js");
const { load, measure, publish, spread } = require("./results.js");

const { PORT, FLOOR, ROUNDS = 5, SECONDS_EACH = 5, MESSAGES = 50_000 } = process.env;
const FLOOR_PORT = +PORT + 1;
const CONNECTIONS = 64;
const MORE = 400;
const invites = fs.readFileSync(process.argv[2], "utf8").trim().split("\n");

/** Asks for one address as fast as it is answered. */
function ask(port, path, cookie = "") {
    const asked = ["-t1", `-c${CONNECTIONS}`, `-d${SECONDS_EACH}s`, "--latency", "-H", `cookie: ${cookie}`, `http://127.0.0.1:${port}${path}`];
    const said = execFileSync("wrk", asked, { encoding: "utf8" });
    if (/Non-2xx|Socket errors/.test(said)) throw new Error(`${path} was not always answered:\n${said}`);
    const [, number, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(said);
    return { rate: +/Requests\/sec:\s+([\d.]+)/.exec(said)[1], p99: +number * { us: 0.001, ms: 1, s: 1000 }[unit] };
}

/** So many more people come in; nobody listens, that is measured elsewhere. */
async function comeIn(from, count) {
    const people = [];
    for (let number = from; number < from + count; number++) people.push(await enter(invites[Math.floor(number / 50)], number, () => {}));
    for (const { end } of people) end();
    for (const { agent } of people.slice(1)) agent.destroy();
    return people[0];
}

measure(async () => {
    const person = await comeIn(0, 1);
    const loads = [load()];
    const { me, parish, channels } = await call(person, "community", {});
    const pageOf = "a channel with its messages, as a page,";
    const page = `/en/community/chat?channel=${person.channel}`;
    const active = `/api/voice/active?parishId=${parish}`;
    const size = async (path) => {
        const answer = await fetch(`http://127.0.0.1:${PORT}${path}`, { headers: { cookie: person.cookie } });
        const body = await answer.text();
        if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
        return { bytes: Buffer.byteLength(body), body };
    };
    const html = await size(page);
    if (!html.body.includes(me.name)) throw new Error("the page is not the one of somebody who is signed in");
    const elements = html.body.match(/<[a-z]/g).length;
    const sizes = [(await size(active)).bytes, html.bytes];

    const floor = spawn(FLOOR, [`127.0.0.1:${FLOOR_PORT}`, ...[elements, ...sizes].map(String)], { stdio: "inherit" });
    process.on("exit", () => floor.kill());
    while (!(await fetch(`http://127.0.0.1:${FLOOR_PORT}/${sizes[0]}`).then(isThere, () => false)));

    const kinds = [
        { what: "who rings (`GET /api/voice/active`)", ask: () => ask(PORT, active, person.cookie), reach: 15_000, late: 50 },
        { what: `${pageOf} in a parish of forty`, ask: () => ask(PORT, page, person.cookie), reach: 2_000 },
        ...sizes.map((bytes) => ({ what: `bare axum, ${bytes} bytes`, ask: () => ask(FLOOR_PORT, `/${bytes}`) })),
        { what: `bare axum and Leptos, ${elements} elements`, ask: () => ask(FLOOR_PORT, "/leptos") },
        { what: `${pageOf} in a parish of ${40 + MORE}`, ask: () => ask(PORT, page, person.cookie) },
    ].map((kind) => ({ ...kind, rates: [], late99: [] }));
    const rounds = (kinds) => {
        for (let round = 0; round < +ROUNDS; round++) {
            for (const kind of kinds) {
                const { rate, p99 } = kind.ask();
                kind.rates.push(rate);
                kind.late99.push(p99);
            }
        }
    };
    rounds(kinds.slice(0, -1));
    await comeIn(1, MORE);
    rounds(kinds.slice(-1));
    loads.push(load());
    const rows = kinds.map(({ what, rates, late99, reach, late }) => {
        const [rate, p99] = [spread(rates, 0), spread(late99, 1)];
        const words = [reach && `≥ ${reach}/s`, late && `p99 ≤ ${late} ms`].filter(Boolean).join(", ");
        const missed = rate.median < reach || (late && p99.median > late);
        return { what, cells: [rate.words, p99.words], reach: words, missed, measured: `${rate.median.toFixed(0)}/s, p99 ${p99.median.toFixed(1)} ms` };
    });
    const about = `${CONNECTIONS} connections that stay open, ${ROUNDS} rounds of ${SECONDS_EACH} s each, ${MESSAGES} messages in the channel; median (least to most).`;
    publish("http", loads, ["", "requests/s", "p99, ms"], rows, [about, ""]);
});

async function isThere(answer) {
    await answer.text();
    return answer.ok;
}
