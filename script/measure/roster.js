// How soon everybody in a call of 20 is told when one of them comes, leaves, raises a hand or is muted.
const fs = require("node:fs");
const { randomUUID } = require("node:crypto");
const { call, enter, report, statistics } = require("./people.js");
const { load, measure } = require("./results.js");

const { ROUNDS = 11 } = process.env;
const REACH = 300;
const invites = fs.readFileSync(process.argv[2], "utf8").trim().split("\n");

const tap = () => ({ nonce: randomUUID(), switch: false });

function hear(person, kind, data) {
    if (kind !== "call") return;
    person.call = JSON.parse(data).data;
    person.waiting?.();
}

// When everybody in `people` reads that it is so, in milliseconds from now; `act` begins now.
async function until(people, act, isSo) {
    const began = performance.now();
    const all = people.map((person) => new Promise((resolve) => {
        person.waiting = () => {
            if (person.call && isSo(person.call)) resolve(performance.now() - began);
        };
    }));
    const late = new Promise((_, reject) => setTimeout(reject, 10_000, new Error("somebody was not told within 10 s")).unref());
    const [times] = await Promise.race([Promise.all([Promise.all(all), act()]), late]);
    for (const person of people) person.waiting = null;
    return times;
}

measure(async () => {
    const loads = [load()];
    // One after the other: how many passwords are hashed at once is limited, too.
    const people = [];
    while (people.length < 20) people.push(await enter(invites[people.length % 2], people.length, hear));
    const [first] = people;
    const { call: { id } } = await call(first, "voice/gather_call", { channel: first.channel, tap: tap() });
    const of = (state, { member }) => state.participants.find((one) => one.member === member);
    const here = (state, who) => of(state, who)?.status === "connected";
    for (const person of people.slice(1)) await call(person, "voice/answer_call", { call: id, tap: tap() });

    const kinds = { leaves: [], comes: [], "raises a hand": [], "is muted": [] };
    const each = [];
    const measure = async (kind, who, act, isSo) => {
        const times = await until(people.filter((person) => person !== who), act, isSo);
        kinds[kind].push(Math.max(...times));
        each.push(...times);
        // Nobody does things one right after the other; and how often is limited.
        await new Promise((resolve) => setTimeout(resolve, 30));
    };
    for (let round = 0; round < +ROUNDS; round++) {
        for (const who of people) {
            await measure("leaves", who, () => call(who, "voice/end_call", { call: id, nonce: randomUUID() }), (state) => !here(state, who));
            await measure("comes", who, () => call(who, "voice/answer_call", { call: id, tap: tap() }), (state) => here(state, who));
            await measure("raises a hand", who, () => call(who, "voice/show_sign", { call: id, sign: { hand: true }, nonce: randomUUID() }), (state) => Boolean(of(state, who)?.hand));
            const by = people[(who.number + 2 * (round % 9) + 1 + (who.number % 2 ? 0 : 1)) % people.length];
            // They came in a moment ago: nobody has wanted anything of them since.
            await measure("is muted", by, () => call(by, "voice/lead_call", { call: id, act: { mute: who.member }, nonce: randomUUID() }), (state) => Boolean(of(state, who)?.prompt));
        }
    }
    loads.push(load());

    const all = Object.entries(kinds).map(([kind, times]) => ({ what: `one ${kind} → all 19 others are told`, ...statistics(times) }));
    const rows = all.map((row) => ({ ...row, reach: `p95 ≤ ${REACH}`, missed: row.p95 > REACH }));
    rows.push({ what: "any of these → one of the 19 is told", ...statistics(each) });
    report("roster", "in a call of 20", loads, rows);
});
