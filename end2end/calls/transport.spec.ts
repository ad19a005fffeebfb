import { keepOff } from "../support/spy.ts";
import { expect, say, test } from "../support/test.ts";

const ROUNDS = 5;

test("two people whose networks let no UDP through hear each other over TCP", { tag: "@embedded" }, async ({
  parish: { paxora, signIn },
}) => {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  for (const person of [anna, ben]) {
    await person.page.addInitScript(keepOff, "udp");
    await person.open(paxora.direct("Anna", "Ben"));
  }
  await anna.startCall();
  await ben.accept(anna);
  await anna.hears(ben);
  await ben.hears(anna);
  for (const person of [anna, ben]) expect(await person.transports()).toEqual(["tcp"]);
});

for (const [protocol, tag] of [["udp", []], ["tcp", ["@embedded"]]] as const) {
  test(`who comes in over ${protocol.toUpperCase()} hears and is heard, time after time`, { tag: [...tag] }, async ({
    parish: { paxora, account, stock },
  }) => {
    const [anna, ben] = [await account("Anna Nowak"), await account("Ben Carter")];
    const page = await stock({ udp: protocol === "udp" });
    const { call, access } = await anna.startCall(paxora.direct("Anna", "Ben"));
    const hers = await page.join("Anna", access, 440);
    await ben.answer(call);
    const connected = [];
    const heard = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const his = await page.join(`Ben ${round}`, await ben.access(call), 620);
      connected.push(his.connected);
      heard.push(await his.firstPacket());
      await his.hears(hers);
      await hers.hears(his);
      expect((await his.transport()).protocol).toBe(protocol);
      await his.leave();
    }
    say(`${protocol}: connect() took`, connected);
    say(`${protocol}: from connect() to the first packet`, heard);
  });
}
