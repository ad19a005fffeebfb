// How soon a message that is posted is in the event streams of all others; that it comes to each once, in order; and that those
// whose streams are cut all the time have all of them in the end.
const fs = require("node:fs");
const { randomUUID } = require("node:crypto");
const { call, enter, listen, report, statistics } = require("./people.js");
const { load, measure } = require("./results.js");

const asked = { PEOPLE: 500, DURATION: 60, MESSAGES: 10_000, ...process.env };
const [PEOPLE, DURATION, MESSAGES] = [+asked.PEOPLE, +asked.DURATION, +asked.MESSAGES];
const EACH_SECOND = 20;
const QUIET = 200;
/** So many messages are posted while the streams of some are cut, at random, every so often. */
const [CUT, CUT_EVERY_MS] = [20, 500];
const invites = fs.readFileSync(process.argv[2], "utf8").trim().split("\n");

/** When each message was posted, by its number; and what came of it. */
const posted = [];
let [toAll, single, wrong, came] = [[], [], 0, 0];
const left = [];

function hear(person, kind, data) {
    if (kind !== "message") return;
    const now = performance.now();
    const { id, author, content } = JSON.parse(data).data;
    const number = Number(content.words?.text ?? NaN);
    // Of one person's messages none comes twice, or before an earlier one. What several people send within a few milliseconds may
    // come in another order than that of the timeline, which is that of the ids.
    const last = person.heard.get(author);
    if (last !== undefined && id <= last) wrong += 1;
    person.heard.set(author, id);
    came += 1;
    single.push(now - posted[number]);
    left[number] -= 1;
    if (left[number] === 0) toAll.push(now - posted[number]);
}

const until = async (isSo) => {
    const late = performance.now() + 30_000;
    while (!isSo() && performance.now() < late) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** Somebody whose stream is cut again and again, and who catches up as a page does: from the newest messages back to one they have. */
class Cut {
    known = new Set();
    doubled = 0;
    catchesUp = Promise.resolve();

    constructor(person) {
        this.person = person;
    }

    async listen() {
        const seen = new Set();
        const end = await listen(this.person, (_, kind, data) => {
            if (kind === "snapshot") this.catchesUp = this.catchesUp.then(() => this.catchUp());
            if (kind !== "message") return;
            const { id } = JSON.parse(data).data;
            if (seen.has(id)) this.doubled += 1;
            seen.add(id);
            // Not before what came before it.
            this.catchesUp = this.catchesUp.then(() => this.known.add(id));
        });
        this.end = end;
    }

    async catchUp() {
        const found = [];
        for (let before = null; ; before = found[0]) {
            const page = (await call(this.person, "messages", { channel: this.person.channel, before })).map(({ id }) => id);
            found.unshift(...page);
            if (page.length < 50 || page.some((id) => this.known.has(id))) break;
        }
        for (const id of found) this.known.add(id);
    }

    async goOn(until) {
        while (!until()) {
            await this.listen();
            await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 * CUT_EVERY_MS));
            this.end();
        }
        await this.listen();
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        await this.catchesUp;
        this.end();
    }
}

/** Posts many messages at once, and answers how many each of some did not get, or got twice; and whether all have one order. */
async function throughCuts(people) {
    const writers = people.slice(CUT);
    const readers = people.slice(0, CUT).map((person) => new Cut(person));
    let done = false;
    const reading = readers.map((reader) => reader.goOn(() => done));
    const ids = [];
    let next = 0;
    await Promise.all(writers.map(async (by) => {
        while (next < MESSAGES) {
            next += 1;
            const { id } = await call(by, "post_message", { channel: by.channel, body: `${next}`, nonce: randomUUID() });
            ids.push(id);
            // As often as one person may.
            await new Promise((resolve) => setTimeout(resolve, 400));
        }
    }));
    done = true;
    await Promise.all(reading);
    const lost = readers.reduce((sum, { known }) => sum + ids.filter((id) => !known.has(id)).length, 0);
    const doubled = readers.reduce((sum, reader) => sum + reader.doubled, 0);
    console.log(`${ids.length} messages to ${CUT} whose streams are cut every ${CUT_EVERY_MS} ms or so: ${lost} lost, ${doubled} doubled`);
    return lost + doubled;
}

measure(async () => {
    const loads = [load()];
    const people = [];
    // One after the other: how many passwords are hashed at once is limited.
    while (people.length < PEOPLE) people.push(Object.assign(await enter(invites[Math.floor(people.length / 50)], people.length, hear), { heard: new Map() }));
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
    for (const person of people) person.end();
    const inOrder = came;
    const broken = await throughCuts(people);
    loads.push(load());
    const missing = number * PEOPLE - inOrder;
    console.log(`${number} messages to ${PEOPLE} streams: ${inOrder} came, ${missing} are missing, ${wrong} out of order or twice`);

    const row = (what, times, most, share) => {
        const are = statistics(times);
        return { what, ...are, reach: `${share} ≤ ${most}`, missed: are[share] > most || missing + wrong + broken > 0 };
    };
    report("chat", `a parish with ${PEOPLE} streams`, loads, [
        row("one message → one of the others has it", quiet.single, 100, "p95"),
        { what: "one message → all of them have it", ...statistics(quiet.toAll) },
        row(`${EACH_SECOND} messages a second → one of the others has it`, single, 250, "p99"),
        { what: `${EACH_SECOND} messages a second → all of them have it`, ...statistics(toAll) },
    ]);
});
