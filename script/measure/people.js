// What measurements without a browser share: people with a session and an event stream, and what is made of their times.
const http = require("node:http");
const { publish } = require("./results.js");

const { PORT } = process.env;

// Everybody has an address of their own, as limits count by network, and a connection that stays open.
function request(person, method, path, type, body) {
    return new Promise((resolve, reject) => {
        const headers = { cookie: person.cookie ?? "", ...(type && { "content-type": type, "content-length": Buffer.byteLength(body) }) };
        const asked = http.request({ host: "127.0.0.1", port: person.port ?? PORT, method, path, headers, agent: person.agent }, resolve);
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

/** Comes into the parish by an invite, and listens; at the server of `port`, where there are several. */
async function enter(invite, number, hear, port) {
    const agent = new http.Agent({ keepAlive: true, localAddress: `127.0.${1 + (number >> 7)}.${(number & 127) + 1}` });
    const person = { number, agent, port };
    const form = new URLSearchParams({ invite, name: `Person ${number}`, login: `person${number}`, password: "correct horse battery" });
    const answer = await request(person, "POST", "/api/sign_up", "application/x-www-form-urlencoded", form.toString());
    await text(answer);
    person.cookie = (answer.headers["set-cookie"] ?? [""])[0].split(";")[0];
    if (!person.cookie) throw new Error(`no session for ${number}: ${answer.statusCode}`);
    const { me, channels } = await call(person, "community", {});
    Object.assign(person, { member: me.id, leads: me.role !== "member", channel: channels.find(({ kind, may_post }) => kind === "parish" && may_post).id });
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

/** Publishes times: each row is what `statistics` says, of `what`. `more`: lines below them. */
function report(name, about, loads, rows, more) {
    const cells = ({ n, ...times }) => [n, ...["p50", "p95", "p99", "most"].map((one) => times[one].toFixed(1))];
    publish(name, loads, [about, "n", "p50, ms", "p95, ms", "p99, ms", "most, ms"], rows.map((row) => ({ ...row, cells: cells(row) })), more);
}

module.exports = { call, enter, listen, report, statistics, text };
