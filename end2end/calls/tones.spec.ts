import { hasNoPushService } from "../support/spy.ts";
import { expect, say, test } from "../support/test.ts";
import { cardsOf } from "../support/worker.ts";

test.use({ wholeBrowser: true });

test("a caller hears that it rings until the answer, and whoever talked hears the end", async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await ben.touch();
  await anna.startCall();
  await expect.poll(() => anna.tones.playing).toEqual(["ringback"]);
  await expect.poll(() => ben.tones.playing).toEqual(["ringtone"]);
  await ben.accept(anna);
  for (const person of [anna, ben]) await expect.poll(() => person.tones.playing).toEqual([]);
  await anna.hears(ben);
  await ben.hears(anna);
  expect(anna.tones.begun).toEqual(["ringback"]);
  expect(ben.tones.begun).toEqual(["ringtone"]);

  await anna.hangUp();
  for (const person of [anna, ben]) await expect.poll(() => person.tones.begun.at(-1)).toBe("ended");
  for (const person of [anna, ben]) await expect.poll(() => person.tones.playing).toEqual([]);
});

test("a caller who is declined hears so", { tag: "@without-audio" }, async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.decline();
  await expect.poll(() => anna.tones.playing).toEqual(["busy"]);
  await expect.poll(() => anna.tones.playing).toEqual([]);
});

test("of two calls the newest is heard, then the other, and none while in a call", { tag: "@without-audio" }, async ({
  parish: { paxora, signIn },
}) => {
  const choir = paxora.channel("Choir");
  const [anna, ben, clara] = await Promise.all(["Anna Nowak", "Ben Carter", "Clara Ruiz"].map((name) => signIn(name)));
  await anna.open(paxora.direct("Anna", "Ben"));
  await clara.open(choir);
  await ben.open(choir);
  await ben.touch();

  await anna.startCall();
  await expect.poll(() => ben.tones.playing).toEqual(["ringtone"]);
  await clara.startCall();
  await expect.poll(() => ben.tones.playing).toEqual(["ringtone-group"]);
  await expect(ben.ringing().getByRole("button", { name: `Accept the call from ${anna.name}` })).toBeVisible();
  await ben.ringing().getByRole("button", { name: "Decline", exact: true }).click();
  await expect.poll(() => ben.tones.playing).toEqual(["ringtone"]);
  await ben.ringing().getByRole("button", { name: "Accept", exact: true }).click();
  await expect(ben.call).toBeVisible();
  await expect.poll(() => ben.tones.playing).toEqual([]);

  // A quiet card.
  const begun = ben.tones.begun.length;
  await clara.hangUp();
  await expect(clara.call).toBeHidden();
  await clara.startCall();
  await expect(ben.ringing(clara)).toBeVisible();
  await expect(ben.ringing().getByText("Accepting leaves the call you are in.")).toBeVisible();
  expect(ben.tones.begun.length).toBe(begun);
  expect(await ben.page.title()).not.toContain("☎");
});

test("a page that may not be heard rings by its title and a notification, and a tap turns the sound on", {
  tag: "@without-audio",
}, async ({ parish: { paxora, annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  const chip = ben.page.getByRole("button", { name: "Turn on ring sound" });
  await ben.page.context().grantPermissions(["notifications"], { origin: paxora.origin() });
  // Its card would come first.
  await ben.page.addInitScript(hasNoPushService);
  await ben.reload();
  await expect(chip).toBeVisible();
  const cards = () => cardsOf(ben.page.context().serviceWorkers()[0]);

  await anna.startCall();
  await expect(ben.ringing(anna)).toBeVisible();
  await expect(ben.page).toHaveTitle("☎ Anna Nowak calls");
  await expect(ben.page).not.toHaveTitle(/☎/);
  await expect(ben.page).toHaveTitle("☎ Anna Nowak calls");
  const call = await ben.activeCall();
  const url = `/en/community/chat?channel=${call?.channelId}&callId=${call?.id}`;
  const card = { title: "Incoming call from Anna Nowak", tag: `voice-call-${call?.id}`, data: { kind: "ring", url } };
  await expect.poll(cards).toMatchObject([card]);
  expect(ben.tones.begun).toEqual([]);

  await chip.click();
  await expect.poll(() => ben.tones.playing).toEqual(["ringtone"]);
  await expect(chip).toBeHidden();
  await expect.poll(cards).toEqual([]);

  await anna.hangUp();
  await expect.poll(() => ben.tones.playing).toEqual([]);
  await expect(ben.page).not.toHaveTitle(/☎/);
});

test("who refuses the offer of the ring's sound is not asked again", { tag: "@without-audio" }, async ({
  parish: { annaAndBen },
}) => {
  const [, ben] = await annaAndBen();
  const chip = ben.page.getByRole("button", { name: "Turn on ring sound" });
  await ben.page.getByRole("button", { name: "Leave the ring sound off" }).click();
  await expect(chip).toBeHidden();
  await ben.reload();
  const other = await ben.newTab();
  await other.page.goto(ben.page.url());
  await expect(other.callButton).toBeVisible();
  await expect(chip).toBeHidden();
});

test("a second device is silent at once when the first answers", { tag: "@without-audio" }, async ({
  parish: { paxora, annaAndBen, signInAgain },
}) => {
  const [anna, phone] = await annaAndBen();
  const laptop = await signInAgain("Ben Carter");
  await laptop.open(paxora.direct("Anna", "Ben"));
  await phone.touch();
  await laptop.touch();
  const silent = [];
  for (let round = 0; round < 3; round++) {
    await anna.startCall();
    for (const device of [phone, laptop]) await expect.poll(() => device.tones.playing).toEqual(["ringtone"]);
    const began = performance.now();
    await phone.accept(anna);
    await expect.poll(() => laptop.tones.playing).toEqual([]);
    silent.push((laptop.tones.silentSince ?? Infinity) - began);
    await expect(anna.call.getByRole("timer")).toBeVisible();
    await anna.hangUp();
    for (const person of [anna, phone]) await expect(person.call).toBeHidden();
  }
  say("a second device was silent after", silent);
  expect(Math.max(...silent)).toBeLessThan(1_000);
});
