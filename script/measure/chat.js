// How soon a message that is posted is in the event streams of all others; and that it comes to each once, in order.
const fs = require("node:fs");
const { randomUUID } = require("node:crypto");
const { call, enter, load, report, statistics } = require("./people.js");

const [PEOPLE, DURATION] = [+process.env.PEOPLE, +process.env.DURATION];
const EACH_SECOND = 20;
const QUIET = 200;
const [invite] = fs.readFileSync(process.argv[2], "utf8").trim().split("\n");

/** When each message was posted, by its number; and what came of it. */
const posted = [];
let [toAll, single, wrong, came] = [[], [], 0, 0];
const left = [];

function hear(person, kind, data) {
    if (kind !== "message") return;
    const now = performance.now();
    const { id, content } = JSON.parse(data).data;
    const number = Number(content.words?.text ?? NaN);
    // The order of the timeline is that of the numbers which the server gives; the same number twice is the same message twice.
    if (id <= person.heard) wrong += 1;
    person.heard = id;
    came += 1;
    single.push(now - posted[number]);
    left[number] -= 1;
    if (left[number] === 0) toAll.push(now - posted[number]);
}

const until = async (isSo) => {
    const late = performance.now() + 30_000;
    while (!isSo() && performance.now() < late) await new Promise((resolve) => setTimeout(resolve, 5));
};

(async () => {
    const loads = [load()];
    const people = [];
    // One after the other: how many passwords are hashed at once is limited.
    while (people.length < PEOPLE) people.push(Object.assign(await enter(invite, people.length, hear), { heard: "" }));
    const post = (number) => {
        posted[number] = performance.now();
        left[number] = PEOPLE;
        const by = people[number % people.length];
        return call(by, "post_message", { channel: by.channel, body: String(number), nonce: randomUUID() });
    };
    const all = (count) => until(() => came >= count * PEOPLE);

    // Nobody else writes meanwhile.
    let number = 0;
    for (; number < QUIET; number++) {
        await post(number);
        await all(number + 1);
    }
    const quiet = { single, toAll };
    [single, toAll] = [[], []];

    // Whatever becomes of the one before.
    const failed = [];
    const began = performance.now();
    const under = [];
    for (; performance.now() < began + DURATION * 1000; number++) {
        under.push(post(number).catch((error) => failed.push(error)));
        const next = began + ((number - QUIET + 1) * 1000) / EACH_SECOND;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    }
    await Promise.all(under);
    if (failed.length > 0) throw failed[0];
    await all(number);
    loads.push(load());
    const missing = number * PEOPLE - came;
    console.log(`${number} messages to ${PEOPLE} streams: ${came} came, ${missing} are missing, ${wrong} out of order or twice`);

    const row = (what, times, most, share) => {
        const are = statistics(times);
        return { what, ...are, reach: `${share} ≤ ${most}`, missed: are[share] > most || missing !== 0 || wrong !== 0 };
    };
    report("chat", `a parish with ${PEOPLE} streams`, loads, [
        row("one message → one of the others has it", quiet.single, 100, "p95"),
        { what: "one message → all of them have it", ...statistics(quiet.toAll) },
        row(`${EACH_SECOND} messages a second → one of the others has it`, single, 250, "p99"),
        { what: `${EACH_SECOND} messages a second → all of them have it`, ...statistics(toAll) },
    ]);
})().catch((error) => {
    console.error(error);
    process.exit(1);
});
