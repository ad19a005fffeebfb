import { expect, say, test } from "../support/test.ts";

for (const [how, signal] of [["is killed", "SIGKILL"], ["stops", "SIGTERM"]] as const) {
  test(`when Paxora ${how} and starts again, both come back by themselves and hear each other`, {
    tag: "@embedded",
  }, async ({ parish: { paxora, annaAndBen } }) => {
    test.slow();
    const [anna, ben] = await annaAndBen();
    await anna.startCall();
    await ben.accept(anna);
    await anna.hears(ben);
    await ben.hears(anna);

    await paxora.end(signal);
    await paxora.startAgain();
    await anna.hears(ben);
    await ben.hears(anna);
    for (const [person, other] of [[anna, ben], [ben, anna]] as const) {
      await expect(person.call.getByRole("listitem")).toContainText([other.name]);
    }
    await ben.hangUp();
    for (const person of [anna, ben]) await expect(person.call).toBeHidden();
  });
}

test("with LiveKit, nobody is dropped while Paxora is killed and starts again", {
  tag: "@livekit",
}, async ({ parish: { paxora, annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept(anna);
  await anna.hears(ben);
  await ben.hears(anna);

  await paxora.end("SIGKILL");
  await anna.hears(ben);
  await ben.hears(anna);
  await paxora.startAgain();
  await anna.hears(ben);
  await ben.hears(anna);
  for (const [person, other] of [[anna, ben], [ben, anna]] as const) {
    await expect(person.call.getByRole("listitem")).toContainText([other.name]);
    expect(await person.connections()).toBe(1);
  }
  await ben.hangUp();
  for (const person of [anna, ben]) await expect(person.call).toBeHidden();
});

test("when LiveKit dies and starts again, both come back by themselves and hear each other", {
  tag: "@livekit",
}, async ({ parish: { annaAndBen } }) => {
  test.slow();
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept(anna);
  await anna.hears(ben);
  await ben.hears(anna);

  process.kill(Number(process.env.LIVEKIT_KEEPER), "SIGUSR1");
  const died = performance.now();
  for (const person of [anna, ben]) await expect(person.call.getByText("Reconnecting")).toBeVisible();
  for (const person of [anna, ben]) await expect(person.call.getByText("Reconnecting")).toBeHidden({ timeout: 60_000 });
  await anna.hears(ben);
  await ben.hears(anna);
  say("LiveKit was killed and started again → they hear each other again", [performance.now() - died]);
  for (const [person, other] of [[anna, ben], [ben, anna]] as const) {
    await expect(person.call.getByRole("listitem")).toContainText([other.name]);
  }
  await ben.hangUp();
  for (const person of [anna, ben]) await expect(person.call).toBeHidden();
});
