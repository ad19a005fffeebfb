// How much memory the server keeps (RSS): when nobody is there, and with an open event stream for each of many people.
const fs = require("node:fs");
const { call, enter } = require("./people.js");
const { load, measure, publish } = require("./results.js");

const { SERVER, PEOPLE = 500 } = process.env;
const invites = fs.readFileSync(process.argv[2], "utf8").trim().split("\n");

/** After a while without a request, in MB. */
async function settled() {
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    return +/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${SERVER}/status`, "utf8"))[1] * 1.024e-3;
}

measure(async () => {
    const loads = [load()];
    const rows = [];
    const weigh = async (what, most) => {
        const size = await settled();
        rows.push({ what, cells: [size.toFixed(1)], reach: most && `≤ ${most} MB`, missed: size > most, measured: `${size.toFixed(1)} MB` });
    };
    await weigh("nobody has come yet", 30);
    const people = [];
    while (people.length < +PEOPLE) people.push(await enter(invites[Math.floor(people.length / 50)], people.length, () => {}));
    await weigh(`${PEOPLE} people have come in, with an event stream each`, 80);
    for (const person of people) await call(person, "messages", { channel: person.channel, before: null });
    await weigh("each of them has read a channel", 80);
    for (const person of people) {
        person.end();
        person.agent.destroy();
    }
    await weigh("all of them are gone");
    loads.push(load());
    publish("memory", loads, ["", "MB"], rows);
});
