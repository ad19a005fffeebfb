// The busiest day of parishes, played through: the tables of docs/scaling.md. `script/simulate` runs it; the same seed gives the same
// tables. `script/simulate check` says whether the document has these very tables.
const fs = require("node:fs");

// What is begun with: value, what it is, where it is from. "Assumed" is what nobody has measured: put in what you know of your parish.
const MEASURED = "measured, docs/scaling.md";
const VOICE = "measured, docs/voice-server.md";
const given = {
    seed: [1, "which random days are played", "any number"],
    members: [300, "members of a parish", "assumed"],
    "open-share": [0.1, "share of the members who have a page open in the busiest hour", "assumed"],
    "calls-per-member": [0.5, "calls of two that a member begins on a Sunday", "assumed"],
    "call-minutes": [6, "minutes that such a call lasts; exponential", "assumed"],
    "busy-share": [0.15, "share of the day's calls and messages that are in its busiest hour, 19 to 20 h", "assumed"],
    "group-calls": [1, "calls of a group in a parish on a Sunday, which begin about 19 h", "assumed"],
    "group-people": [25, "people in such a call", "assumed"],
    "group-minutes": [45, "minutes that it lasts", "assumed"],
    "messages-per-member": [3, "messages that a member writes on a Sunday", "assumed"],
    "readers-per-message": [5, "open pages that show a message at once, and say that it was read", "assumed"],

    "talk-share": [0.4, "share of a call of two in which one of them talks", "assumed; ITU-T P.59 has 0.39"],
    "packets-talking": [50, "packets a second of somebody who talks", "20 ms each"],
    "packets-silent": [2.5, "packets a second of an open microphone in silence", "Opus DTX: one in 400 ms"],
    "bytes-opus": [60, "bytes of sound in a packet", "24 kbit/s for 20 ms"],
    "bytes-red": [65, "… and of the packet before it, with its header", "60 + 5 (RFC 2198)"],
    "bytes-around": [58, "bytes around it", "IPv4 20, UDP 8, RTP 12, extensions 8, SRTP tag 10"],

    "micros-direct-ours": [64, "µs of a core for a packet passed on between two, our own voice server", VOICE],
    "micros-group-ours": [7.8, "… in a large call", VOICE],
    "micros-direct-livekit": [190.5, "µs of a core for a packet passed on between two, LiveKit", VOICE],
    "micros-group-livekit": [20.5, "… in a large call", VOICE],
    "kib-person": [290, "KiB of somebody in a call at our own voice server", VOICE + ": 46 MiB with 160"],
    "kib-idle": [28223, "KiB of a Paxora that nobody uses", "measured, docs/performance.md"],
    "kib-stream": [21, "KiB of an open event stream", MEASURED],
    "queries-stream": [0.2, "queries a second for an open event stream", "one look at the session with each beat, five seconds"],
    "streams-process": [2000, "event streams that one Paxora is given", "assumed"],
    "news-call": [6, "times that a call of two is told of to other processes", "4 measured, and two devices that confirm that they ring"],
    "queries-news": [2.0, "queries of a process that hears of one message", MEASURED],
    "queries-message": [6.3, "queries to write a message and to tell of it", MEASURED],
    "queries-call": [38, "queries of a call of two, from the tap to the end", MEASURED],
    "queries-read": [4, "queries to note that somebody has read, and to tell of it", "assumed"],
    "commits-told": [1162, "commits with NOTIFY a second that PostgreSQL does, 16 at once", MEASURED + ": the worse of two runs"],
    "queries-postgres": [66000, "short queries a second that PostgreSQL does", MEASURED],

    "box-cores": [2, "cores of the one box", "assumed"],
    "box-mib": [2048, "MiB of memory of the one box", "assumed"],
    "people-limit": [300, "people in calls that one box lets in", "VOICE_PEOPLE_LIMIT"],
    "node-cores": [16, "cores of a LiveKit node", "assumed"],
    "full-at": [0.5, "share at which something counts as full", "assumed: as much again for what comes unexpected"],

    "dollars-gb-dear": [0.09, "dollars for a gigabyte sent, at a dear place", "AWS, first 10 TB a month, 2026"],
    "dollars-core-hour-dear": [0.045, "dollars for a core for an hour there", "assumed, November 2026"],
    "dollars-gb-cheap": [0.0012, "dollars for a gigabyte sent, at a cheap place", "assumed, November 2026: about 1 € a terabyte"],
    "dollars-core-hour-cheap": [0.012, "dollars for a core for an hour there", "assumed, November 2026: about 8 € a month"],
};
const value = Object.fromEntries(Object.entries(given).map(([name, [number]]) => [name, number]));
const check = process.argv[2] === "check";
const words = process.argv.slice(check ? 3 : 2);
for (let at = 0; at < words.length; at += 2) {
    const name = words[at].replace(/^--/, "");
    const number = Number(words[at + 1]);
    if (!(name in given) || words[at + 1] === undefined || Number.isNaN(number)) {
        console.error(`--NAME NUMBER, where NAME is one of: ${Object.keys(given).join(" ")}`);
        process.exit(2);
    }
    value[name] = number;
}

/** Random numbers from 0 to 1 (mulberry32). */
function seeded(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}
let random = seeded(value.seed);
const exponential = (mean) => -mean * Math.log(1 - random());
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
function poisson(mean) {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    let count = -1;
    for (let left = 0; left < mean; count++) left += exponential(1);
    return Math.max(0, count);
}

// How the day goes: weights of its hours, so that the busiest has its share. Nobody calls at night.
const shape = [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 6, 5, 5, 5, 6, 7, 9, 0, 9, 6, 3, 1];
const rest = shape.reduce((sum, weight) => sum + weight, 0);
const hours = shape.map((weight, hour) => (hour === 19 ? value["busy-share"] : ((1 - value["busy-share"]) * weight) / rest));

const silent = value["packets-silent"];
/** Packets a second that are passed on, and how many bytes those are with their headers. */
const bytesOf = (loud, quiet) => loud * (value["bytes-opus"] + value["bytes-red"] + value["bytes-around"]) + quiet * (10 + value["bytes-around"]);
const direct = { loud: 2 * value["talk-share"] * value["packets-talking"], quiet: 2 * (1 - value["talk-share"]) * silent };
// One talks at a time; one more has an open microphone; all others are muted, and send nothing.
const listeners = value["group-people"] - 1;
const group = { loud: listeners * value["packets-talking"], quiet: listeners * silent };
for (const kind of [direct, group]) Object.assign(kind, { packets: kind.loud + kind.quiet, bytes: bytesOf(kind.loud, kind.quiet) });

const DAY = 86_400;
/** Plays one Sunday of so many parishes of this size, and answers its worst second. */
function sunday(parishes, members) {
    const [two, many] = [new Int32Array(DAY + 1), new Int32Array(DAY + 1)];
    const add = (to, from, seconds) => {
        to[Math.min(DAY, Math.floor(from))] += 1;
        to[Math.min(DAY, Math.floor(from + seconds))] -= 1;
    };
    for (const [hour, share] of hours.entries()) {
        const calls = poisson(parishes * members * value["calls-per-member"] * share);
        for (let call = 0; call < calls; call++) {
            const seconds = exponential(value["call-minutes"] * 60);
            add(two, (hour + random()) * 3600, seconds);
        }
    }
    // A large parish has more groups that meet.
    const groups = Math.max(1, Math.round((members / value.members) * value["group-calls"])) * Math.sign(value["group-calls"]);
    for (let call = 0; call < parishes * groups; call++) add(many, 19 * 3600 + normal() * 900, value["group-minutes"] * 60 * (0.75 + random() / 2));
    const worst = { calls: 0, people: 0, directPackets: 0, groupPackets: 0, packets: 0, bytes: 0 };
    let [pairs, gatherings] = [0, 0];
    for (let second = 0; second < DAY; second++) {
        pairs += two[second];
        gatherings += many[second];
        const packets = pairs * direct.packets + gatherings * group.packets;
        worst.people = Math.max(worst.people, 2 * pairs + value["group-people"] * gatherings);
        worst.calls = Math.max(worst.calls, pairs + gatherings);
        if (packets <= worst.packets) continue;
        Object.assign(worst, { packets, directPackets: pairs * direct.packets, groupPackets: gatherings * group.packets, bytes: pairs * direct.bytes + gatherings * group.bytes });
    }
    return worst;
}

/** What happens in a second of the busiest hour, besides the sound. */
function busyHour(parishes, members = value.members) {
    const people = parishes * members;
    const perSecond = (perMember) => (people * perMember * value["busy-share"]) / 3600;
    const [messages, calls, streams] = [perSecond(value["messages-per-member"]), perSecond(value["calls-per-member"]), people * value["open-share"]];
    const reads = messages * value["readers-per-message"];
    const processes = Math.max(2, Math.ceil(streams / value["streams-process"]));
    const told = calls * value["news-call"] + messages + reads;
    return {
        messages,
        streams,
        processes,
        told,
        idle: streams * value["queries-stream"],
        own: messages * value["queries-message"] + reads * value["queries-read"] + calls * value["queries-call"],
        heard: told * (processes - 1) * value["queries-news"],
    };
}
const queries = ({ idle, own, heard }) => idle + own + heard;

/** The worst second of a year of Sundays, or of as many as can be played soon. */
function busiest(parishes, members = value.members) {
    random = seeded(value.seed);
    const days = Math.max(1, Math.min(52, Math.floor(1e6 / (parishes * members * value["calls-per-member"] + 1))));
    const all = Array.from({ length: days }, () => sunday(parishes, members));
    const most = Object.fromEntries(Object.keys(all[0]).map((name) => [name, Math.max(...all.map((day) => day[name]))]));
    return { parishes, ...most, ...busyHour(parishes, members) };
}

const cores = (of, whose) => (of.directPackets * value[`micros-direct-${whose}`] + of.groupPackets * value[`micros-group-${whose}`]) / 1e6;
const full = value["full-at"];

const count = (number) => (Number.isInteger(number) || number >= 100 ? Math.round(number).toLocaleString("en") : number >= 10 ? number.toFixed(0) : number >= 1 ? number.toFixed(1) : number.toPrecision(1));
const percent = (share) => `${share < 0.095 ? (share * 100).toFixed(1) : Math.round(share * 100).toLocaleString("en")} %`;
const document = check ? fs.readFileSync("docs/scaling.md", "utf8") : "";
function table(title, head, rows) {
    const lines = [head, head.map((_, at) => (at === 0 ? "---" : "--:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
    if (!check) console.log(`### ${title}\n\n${lines}\n`);
    if (!check || document.includes(lines)) return;
    console.error(`docs/scaling.md does not have this table as it is: ${title}`);
    process.exitCode = 1;
}

table("What is begun with", ["", "value", "from"], Object.entries(given).map(([name, [, what, from]]) => [`${what} (\`--${name}\`)`, value[name], value[name] === given[name][0] ? from : "given"]));

const sizes = [100, 300, 1_000, 3_000, 10_000];
table(`One parish on one box (${value["box-cores"]} cores, ${value["box-mib"]} MiB, its own voice server): the worst second of a year of Sundays`,
    ["members", "calls", "people in calls", "… of those let in", "packets/s", "voice, of the cores", "event streams", "memory, MiB", "… of the box", "messages/s", "fullest"],
    sizes.map((members) => {
        const worst = busiest(1, members);
        const mib = (value["kib-idle"] + worst.streams * value["kib-stream"] + worst.people * value["kib-person"]) / 1024;
        const shares = { "people in calls": worst.people / value["people-limit"], voice: cores(worst, "ours") / value["box-cores"], memory: mib / value["box-mib"] };
        const [fullest] = Object.entries(shares).toSorted((one, other) => other[1] - one[1])[0];
        return [count(members), count(worst.calls), count(worst.people), percent(shares["people in calls"]), count(worst.packets), percent(shares.voice), count(worst.streams), count(mib), percent(shares.memory), count(worst.messages), fullest];
    }));

const crowds = [10, 1_000, 100_000];
const all = crowds.map((parishes) => busiest(parishes));
const nodes = (of) => Math.max(2, Math.ceil(cores(of, "livekit") / (value["node-cores"] * full)));
const row = (what, read) => [what, ...all.map(read)];
table(`Many parishes of ${value.members}: the worst second`, ["parishes", ...crowds.map(count)], [
    row("calls at once", ({ calls }) => count(calls)),
    row("people in calls", ({ people }) => count(people)),
    row("packets/s passed on", ({ packets }) => count(packets)),
    row("… Mbit/s sent", ({ bytes }) => count((bytes * 8) / 1e6)),
    row("LiveKit: cores at work", (of) => count(cores(of, "livekit"))),
    row(`LiveKit: nodes of ${value["node-cores"]} cores, at most ${percent(full)} full, at least 2`, (of) => count(nodes(of))),
    row("event streams", ({ streams }) => count(streams)),
    row("Paxora: processes, at least 2", ({ processes }) => count(processes)),
    row("Paxora: memory of the streams, MiB", ({ streams }) => count((streams * value["kib-stream"]) / 1024)),
]);
table("… if all of them shared one PostgreSQL", ["parishes", ...crowds.map(count)], [
    row("commits with NOTIFY a second", ({ told }) => count(told)),
    row("… of what was measured", ({ told }) => percent(told / value["commits-told"])),
    row("news heard a second, by all processes together", ({ told, processes }) => count(told * (processes - 1))),
    row("queries a second for open streams", ({ idle }) => count(idle)),
    row("… for what people do", ({ own }) => count(own)),
    row("… after news", ({ heard }) => count(heard)),
    row("queries, of what was measured", (of) => percent(queries(of) / value["queries-postgres"])),
]);

/** The most parishes that one PostgreSQL and the processes on it carry. */
let inCell = 10;
const share = (of) => Math.max(of.told / value["commits-told"], queries(of) / value["queries-postgres"]);
while (share(busyHour(inCell + 10)) <= full) inCell += 10;
const cell = busiest(inCell);
table(`A cell: as many parishes of ${value.members} as one PostgreSQL carries at ${percent(full)}`, ["", "in a cell"], [
    ["parishes", count(inCell)],
    ["members", count(inCell * value.members)],
    ["commits with NOTIFY, of what was measured", percent(cell.told / value["commits-told"])],
    ["queries, of what was measured", percent(queries(cell) / value["queries-postgres"])],
    ["event streams", count(cell.streams)],
    ["Paxoras", count(cell.processes)],
    ["people in calls, at the worst", count(cell.people)],
    [`LiveKit nodes of ${value["node-cores"]} cores`, count(nodes(cell))],
    ...crowds.map((parishes) => [`cells for ${count(parishes)} parishes`, count(Math.ceil(parishes / inCell))]),
]);

const costs = [["two people", direct, "direct", 2], [`${value["group-people"]} people`, group, "group", value["group-people"]]].map(([who, of, kind, people]) => {
    const gigabytes = (of.bytes * 60 * 1000) / 1e9;
    const coreHours = (of.packets * 60 * 1000 * value[`micros-${kind}-livekit`]) / 1e6 / 3600;
    const ours = (of.packets * 60 * 1000 * value[`micros-${kind}-ours`]) / 1e6 / 3600;
    const dollars = (place) => gigabytes * value[`dollars-gb-${place}`] + (coreHours / full) * value[`dollars-core-hour-${place}`];
    return [who, count(of.packets), gigabytes.toFixed(2), coreHours.toFixed(2), ours.toFixed(2), dollars("dear").toFixed(3), ((dollars("dear") / people)).toFixed(4), dollars("cheap").toFixed(4)];
});
table("1,000 minutes of a call", ["of", "packets/s", "GB sent", "core-hours, LiveKit", "core-hours, ours", "dollars, dear place", "… for each person", "dollars, cheap place"], costs);
