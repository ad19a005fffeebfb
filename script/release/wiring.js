// node wiring.js INVITE FRONT "PAXORA PAXORA" "LIVEKIT LIVEKIT" PID: asks through the port FRONT, where Caddy is, and at the ports
// behind it, whether they work as one; ends the second Paxora, PID, to see that nobody notices.
const { randomUUID } = require("node:crypto");
const path = require("node:path");

const [, , invite, front, paxoras, livekits, last] = process.argv;
const tap = () => ({ nonce: randomUUID(), switch: false });

/** The people of script/measure, who come in by one port. */
function at(port) {
    const file = path.join(__dirname, "../measure/people.js");
    delete require.cache[file];
    process.env.PORT = port;
    return require(file);
}

function expect(what, fits) {
    if (!fits) throw new Error(`not so: ${what}`);
    console.log(`  ${what}`);
}

/** Waits until it is so; as long as anything here may take. */
async function until(what, isSo) {
    const late = performance.now() + 10_000;
    while (!(await isSo()) && performance.now() < late) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(what, await isSo());
}

const status = async (port, address) => (await fetch(`http://127.0.0.1:${port}${address}`)).status;

async function main() {
    const [one, other] = paxoras.split(" ");
    const heard = new Map();
    const hear = (person, kind, data) => heard.set(person.number, [...(heard.get(person.number) ?? []), { kind, data }]);
    const has = (person, kind, word) => heard.get(person.number)?.some((it) => it.kind === kind && it.data.includes(word));
    // One at each Paxora, and one who comes as people do.
    const anna = await at(one).enter(invite, 1, hear);
    const ben = await at(other).enter(invite, 2, hear);
    const clara = await at(front).enter(invite, 3, hear);
    await until("an event stream through Caddy begins at once", () => has(clara, "snapshot", ""));

    const through = at(front);
    await through.call(anna, "post_message", { nonce: randomUUID(), channel: anna.channel, body: "hello to all" });
    for (const person of [anna, ben, clara]) await until(`number ${person.number} reads a message`, () => has(person, "message", "hello to all"));

    const seat = await through.call(anna, "voice/gather_call", { channel: anna.channel, tap: tap() });
    const { id } = seat.call;
    for (const person of [ben, clara]) await until(`number ${person.number} sees the call`, () => has(person, "call", id));
    const answered = await through.call(ben, "voice/answer_call", { call: id, tap: tap() });
    const access = JSON.stringify(answered).match(/"token":"([^"]+)"/)[1];
    expect("browsers are led to LiveKit by the same address", JSON.stringify(answered).includes(`ws://127.0.0.1:${front}`));
    for (const port of [...livekits.split(" "), ...Array(8).fill(front)]) {
        const came = await status(port, `/rtc/validate?access_token=${access}`);
        expect(`LiveKit lets them in at port ${port}`, came === 200);
    }
    expect("and nobody with a made-up token", (await status(front, "/rtc/validate?access_token=made-up")) === 401);

    process.kill(+last, "SIGTERM");
    for (let time = 0; time < 20; time++) {
        if ((await status(front, "/en/sign-in")) !== 200) throw new Error("a page was not there while one Paxora stopped");
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect("of 20 pages, all came while one Paxora stopped", true);
    await through.call(ben, "voice/end_call", { call: id, nonce: randomUUID() });
    expect("and the call goes on being looked after", true);
    process.exit(0);
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
