import { microphones } from "../support/spy.ts";
import type { Gap, Scenario } from "../support/stock-page.ts";
import { expect, say, test } from "../support/test.ts";
import { Wire } from "../support/wire.ts";

/** LiveKit's own failures: what livekit-client says of each, and whether its connection stays the same one. */
const FAILURES: [Scenario, { says: string[]; keeps: boolean; tag?: string }][] = [
  ["signal-reconnect", { says: ["signalReconnecting", "reconnected"], keeps: true }],
  ["disconnect-signal-on-resume", { says: ["signalReconnecting", "reconnected"], keeps: true }],
  ["resume-reconnect", { says: ["signalReconnecting", "reconnecting", "reconnected"], keeps: false }],
  ["full-reconnect", { says: ["reconnecting", "reconnected"], keeps: false }],
  // LiveKit plays this one in its cloud only.
  ["leave-full-reconnect", { says: ["reconnecting", "reconnected"], keeps: false, tag: "@embedded" }],
];

for (const [scenario, { says, keeps, tag = [] }] of FAILURES) {
  test(`after a simulated "${scenario}" two people hear each other again, in the same call`, { tag }, async ({
    parish: { paxora, account, stock },
  }) => {
    const [anna, ben] = [await account("Anna Nowak"), await account("Ben Carter")];
    const page = await stock();
    const { call, access } = await anna.startCall(paxora.direct("Anna", "Ben"));
    const hers = await page.join("Anna", access, 440);
    const his = await page.join("Ben", (await ben.answer(call)).access, 620);
    await hers.hears(his);
    await his.hears(hers);
    const [before, roster] = [await his.transport(), await anna.connected(call)];

    await his.simulate(scenario);
    await expect.poll(() => his.events(), { timeout: 20_000 }).toEqual(says);
    await hers.hears(his);
    await his.hears(hers);
    const after = await his.transport();
    expect(after.connection === before.connection).toBe(keeps);
    expect(await anna.connected(call)).toEqual(roster);
    expect(roster).toHaveLength(2);
    expect(await hers.events()).toEqual([]);
  });
}

test("audio flows on while the signalling is cut and comes back", async ({ parish: { paxora, account, stock } }) => {
  test.slow();
  const [anna, ben] = [await account("Anna Nowak"), await account("Ben Carter")];
  const page = await stock();
  const { call, access } = await anna.startCall(paxora.direct("Anna", "Ben"));
  const hers = await page.join("Anna", access, 440);
  const answered = await ben.answer(call);
  const wire = await Wire.to(answered.access.url);
  const his = await page.join("Ben", { ...answered.access, url: wire.address }, 620);
  await hers.hears(his);
  await his.hears(hers);
  const before = await his.transport();

  const gaps: Gap[] = [];
  for (let round = 0; round < 3; round++) {
    await his.forgetEvents();
    for (const client of [hers, his]) await client.watchGaps();
    wire.cut();
    await expect.poll(() => his.events(), { timeout: 20_000 }).toEqual(["signalReconnecting", "reconnected"]);
    for (const [client, other] of [[hers, his], [his, hers]]) gaps.push((await client.gaps())[other.identity]);
  }
  await hers.hears(his);
  await his.hears(hers);
  expect(await his.transport()).toEqual(before);
  expect(await anna.connected(call)).toHaveLength(2);
  say(`longest silence while ${gaps.length / 2} times resumed`, gaps.map(({ longest }) => longest));
  say("sound made up meanwhile", gaps.map(({ concealed }) => concealed));
  wire.close();
});

test("signalling that is lost again while it comes back comes back all the same", async ({
  parish: { paxora, account, stock },
}) => {
  const [anna, ben] = [await account("Anna Nowak"), await account("Ben Carter")];
  const page = await stock();
  const { call, access } = await anna.startCall(paxora.direct("Anna", "Ben"));
  const hers = await page.join("Anna", access, 440);
  const answered = await ben.answer(call);
  const wire = await Wire.to(answered.access.url);
  const his = await page.join("Ben", { ...answered.access, url: wire.address }, 620);
  await hers.hears(his);

  const again = wire.cutAtFirstAnswer();
  wire.cut();
  await again;
  await expect.poll(async () => (await his.events()).at(-1), { timeout: 20_000 }).toBe("reconnected");
  await hers.hears(his);
  await his.hears(hers);
  expect(await anna.connected(call)).toHaveLength(2);
  wire.close();
});

test("a page whose signalling is cut keeps its call and its microphone", async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept(anna);
  await anna.hears(ben);
  await ben.hears(anna);
  const resumed = ben.page.waitForEvent("websocket");
  await ben.loseSignalling();
  await resumed;
  await anna.hears(ben);
  await ben.hears(anna);
  await anna.press("Mute");
  await ben.hearsNothing();
  await expect(ben.call.getByRole("listitem")).toContainText([anna.name]);
  expect(await microphones(ben.page)).toEqual({ opened: 1, open: 1 });
  expect(await ben.connections()).toBe(1);
});

test("pages that the voice server sends away, as one does that shuts down, come back by themselves", async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept(anna);
  await anna.hears(ben);
  await ben.hears(anna);
  for (const person of [anna, ben]) await person.beSentAway();
  for (const person of [anna, ben]) await expect.poll(() => person.connections()).toBe(2);
  await anna.hears(ben);
  await ben.hears(anna);
});
