import { Network } from "../support/network.ts";
import { deafen, sometimesDeaf } from "../support/spy.ts";
import { expect, test } from "../support/test.ts";

const LOST = "The connection is lost. Your place is kept; you will be back in a moment.";

test("a network that is gone for five seconds ends no call, and is told at the end of it", {
  tag: "@embedded",
}, async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  const network = await Network.of(ben.page);
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  await ben.hears(anna);

  await network.lose();
  await network.staysAway(5_000);
  await network.comeBack();
  await ben.hears(anna);
  await anna.hears(ben);
  await expect(ben.call.getByText(LOST)).toBeHidden();
  for (const person of [anna, ben]) await expect(person.timeline).not.toContainText("Voice call");

  // What the gap cost is counted with what comes after it.
  await expect(ben.call.getByRole("timer")).toHaveText(/^0:[1-5]\d$/, { timeout: 15_000 });
  await ben.hangUp();
  await expect(ben.page.getByText(/^Rang \d+\.\d s · \d+ s · sound poor$/)).toBeVisible();
});

test("a network that is gone for twenty seconds brings the call back by itself, and says so meanwhile", {
  tag: "@embedded",
}, async ({ parish: { annaAndBen } }) => {
  test.slow();
  const [anna, ben] = await annaAndBen();
  const network = await Network.of(ben.page);
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  await ben.hears(anna);

  await network.lose();
  await expect(ben.call.getByText(LOST)).toBeVisible({ timeout: 15_000 });
  await network.staysAway(20_000);
  await expect(anna.call).toContainText(/Ben Carter is coming back|Ben Carter’s connection is poor/);
  await network.comeBack();
  await ben.hears(anna);
  await anna.hears(ben);
  await expect(ben.call.getByText(LOST)).toBeHidden();
  await expect(anna.call).not.toContainText(/Ben Carter is coming back|Ben Carter’s connection is poor/);
  for (const person of [anna, ben]) await expect(person.timeline).not.toContainText("Voice call");
});

test("a network that is gone for longer than a seat is kept ends in words, not in a screen that waits for ever", {
  tag: ["@long", "@embedded"],
}, async ({ parish: { paxora, signIn } }) => {
  test.setTimeout(240_000);
  // In a group the call goes on without him.
  const [anna, ben, clara] = await Promise.all(["Anna Nowak", "Ben Carter", "Clara Ruiz"].map((name) => signIn(name)));
  await ben.page.addInitScript(sometimesDeaf);
  for (const person of [anna, ben, clara]) await person.open(paxora.channel("Choir"));
  const network = await Network.of(ben.page);
  await anna.startCall();
  await ben.accept();
  await clara.accept();
  await anna.hears(ben);
  await ben.hears(anna);

  const his = anna.call.getByRole("listitem").filter({ hasText: ben.name });
  // A stream of events that is open stays so, whatever the browser is told of its network.
  await deafen(ben.page, true);
  await network.lose();
  await expect(ben.call.getByText(LOST)).toBeVisible({ timeout: 15_000 });
  await expect(his).toContainText("Coming back…", { timeout: 60_000 });
  await expect(his).toContainText("Left", { timeout: 90_000 });
  await expect(ben.call.getByText(LOST)).toBeVisible();
  await network.comeBack();
  await deafen(ben.page, false);
  await expect(ben.afterwards).toContainText("You have left. The call goes on.", { timeout: 40_000 });
  await expect(ben.page.getByText(LOST)).toBeHidden();
  await ben.page.getByRole("button", { name: "Join · 2 people", exact: true }).click();
  for (const other of [anna, clara]) {
    await ben.hears(other);
    await other.hears(ben);
  }
});
