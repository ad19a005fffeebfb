// How soon a message that is posted is in the event streams of all others; that it comes to each once, in order; and that those
// whose streams are cut all the time have all of them in the end, once and in order, though some are posted twice.
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
/** Of so many posts one is sent again, as by somebody who had no reply. */
const AGAIN = 20;
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
    /** Who wrote a message, and what, by its id. */
    known = new Map();
    catchesUp = Promise.resolve();

    constructor(person) {
        this.person = person;
    }

    async listen() {
        const end = await listen(this.person, (_, kind, data) => {
            if (kind === "snapshot") this.catchesUp = this.catchesUp.then(() => this.catchUp());
            if (kind !== "message") return;
            const message = JSON.parse(data).data;
            // Not before what came before it.
            this.catchesUp = this.catchesUp.then(() => this.know(message));
        });
        this.end = end;
    }

    know({ id, author, content }) {
        this.known.set(id, { author, number: Number(content.words?.text ?? NaN) });
    }

    async catchUp() {
        const found = [];
        for (let before = null; ; before = found[0].id) {
            const page = await call(this.person, "messages", { channel: this.person.channel, before });
            found.unshift(...page);
            if (page.length < 50 || page.some(({ id }) => this.known.has(id))) break;
        }
        for (const message of found) this.know(message);
    }

    /** What came of the messages of these ids, of which the others are known from before `first`. */
    compare(ids, first) {
        const here = [...this.known].filter(([id]) => id >= first).sort(([one], [other]) => (one < other ? -1 : 1));
        const lost = ids.filter((id) => !this.known.has(id)).length;
        const last = new Map();
        let unordered = 0;
        for (const [, { author, number }] of here) {
            if (number < last.get(author)) unordered += 1;
            last.set(author, number);
        }
        return { lost, doubled: here.length + lost - ids.length, unordered };
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

const goal = (what, came, reach, missed) => `- ${what}: ${came}; to be reached: ${reach}; ${missed ? "**missed**" : "reached"}`;

/** Posts many messages at once, and answers what became of them for some whose streams are cut. */
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
            const message = { channel: by.channel, body: `${next}`, nonce: randomUUID() };
            const again = next % AGAIN === 0 ? [call(by, "post_message", message)] : [];
            const [{ id }] = await Promise.all([call(by, "post_message", message), ...again]);
            ids.push(id);
            // As often as one person may.
            await new Promise((resolve) => setTimeout(resolve, 400));
        }
    }));
    done = true;
    await Promise.all(reading);
    const first = ids.reduce((one, other) => (one < other ? one : other));
    const sums = { lost: 0, doubled: 0, unordered: 0 };
    for (const reader of readers) for (const [what, count] of Object.entries(reader.compare(ids, first))) sums[what] += count;
    const { lost, doubled, unordered } = sums;
    const what = `${ids.length} messages, one in ${AGAIN} posted twice, to ${CUT} whose streams are cut every ${CUT_EVERY_MS} ms or so`;
    return goal(what, `${lost} lost, ${doubled} doubled, ${unordered} out of order`, "none", lost + doubled + unordered > 0);
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
    const cut = await throughCuts(people);
    loads.push(load());
    const whole = goal(
        `${number} messages to ${PEOPLE} streams`,
        `${inOrder} came, ${wrong} of them out of order or twice`,
        `${number * PEOPLE} come, each once and in order`,
        inOrder !== number * PEOPLE || wrong > 0,
    );

    const row = (what, times, most, share) => {
        const are = statistics(times);
        return { what, ...are, reach: `${share} ≤ ${most}`, missed: are[share] > most };
    };
    report("chat", `a parish with ${PEOPLE} streams`, loads, [
        row("one message → one of the others has it", quiet.single, 100, "p95"),
        { what: "one message → all of them have it", ...statistics(quiet.toAll) },
        row(`${EACH_SECOND} messages a second → one of the others has it`, single, 250, "p99"),
        { what: `${EACH_SECOND} messages a second → all of them have it`, ...statistics(toAll) },
    ], [whole, cut, ""]);
});
