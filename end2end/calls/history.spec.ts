import type { Locator } from "@playwright/test";
import { axe } from "../support/axe.ts";
import type { Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test.use({ settings: { CALLS_PER_MINUTE: "60", RINGS_PER_PAIR: "30" } });

/** The way to the calls, which says how many were missed. */
const entry = (person: Person): Locator =>
  person.page.getByRole("navigation", { name: "Channels" }).getByRole("link", { name: /^Calls/ });
const badge = (person: Person): Locator => entry(person).locator(".badge");
/** The calls that are listed, newest first. */
const rows = (person: Person): Locator => person.page.getByRole("region", { name: "Calls" }).getByRole("listitem");

/** Lets a phone ring, and gives up. */
async function callInVain(caller: Person, callee: Person): Promise<void> {
  await caller.startCall();
  await expect(callee.ringing(caller)).toBeVisible();
  await caller.hangUp();
  await expect(callee.ringing()).toBeHidden();
}

test("a missed call is counted on both devices, until the calls are opened on one", { tag: "@without-audio" }, async ({
  parish: { paxora, annaAndBen, signInAgain },
}) => {
  const [anna, phone] = await annaAndBen();
  const laptop = await signInAgain("Ben Carter");
  // Where no channel is open in which the missed call would be seen at once.
  for (const device of [phone, laptop]) await device.open(paxora.channel("Choir"));
  await callInVain(anna, phone);
  for (const device of [phone, laptop]) {
    await expect(badge(device)).toHaveText("1");
    await expect(entry(device)).toHaveAccessibleName("Calls 1 missed call");
  }
  await expect(entry(anna)).toHaveAccessibleName("Calls");

  await entry(phone).click();
  await expect(rows(phone)).toHaveCount(1);
  await expect(rows(phone).first()).toContainText("Anna Nowak");
  await expect(rows(phone).first()).toContainText("Missed call");
  for (const device of [phone, laptop]) await expect(badge(device)).toBeHidden();
  // Also after a new start.
  await laptop.reload();
  await expect(entry(laptop)).toBeVisible();
  await expect(badge(laptop)).toBeHidden();
});

test("a missed call is called back from the list, and what comes of it is there at once", { tag: "@without-audio" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await callInVain(anna, ben);
  await entry(ben).click();
  await expect(ben.page.getByRole("heading", { name: "Today" })).toBeVisible();
  await rows(ben).first().getByRole("button", { name: "Call back Anna Nowak" }).click();
  await expect(anna.ringing(ben)).toBeVisible();
  await expect(rows(ben).first()).toContainText("You are in it");
  await anna.accept(ben);
  await expect(rows(ben).first()).toContainText("Goes on now · 2 people in it");
  await ben.hangUp();
  await expect(rows(ben).first()).toContainText(/Outgoing · \d+s/);
  await expect(rows(ben)).toHaveCount(2);
});

test("the calls are narrowed to the missed ones, and to those of a channel", { tag: "@without-audio" }, async ({
  parish: { paxora, annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await callInVain(anna, ben);
  await anna.startCall();
  await ben.decline();
  await anna.open(paxora.channel("Choir"));
  await callInVain(anna, ben);

  await entry(ben).click();
  await expect(rows(ben)).toHaveCount(3);
  await expect(rows(ben).nth(0)).toContainText("Choir");
  await expect(rows(ben).nth(1)).toContainText("You declined");
  await axe(ben.page);
  await ben.page.getByRole("link", { name: "Missed", exact: true }).click();
  await expect(rows(ben)).toHaveCount(2);
  for (const row of await rows(ben).all()) await expect(row).toContainText("Missed call");

  await ben.open(paxora.direct("Anna", "Ben"));
  await ben.page.getByRole("link", { name: "Calls in this chat" }).click();
  await expect(rows(ben)).toHaveCount(2);
  await ben.page.getByRole("link", { name: "All calls" }).click();
  await expect(rows(ben)).toHaveCount(3);
  // The caller reads it from the other side.
  await entry(anna).click();
  await expect(rows(anna).nth(0)).toContainText("Outgoing · Cancelled");
  await expect(rows(anna).nth(1)).toContainText("Outgoing · Declined");
});

test("earlier calls are fetched when somebody wants to see them, and whoever comes in joins what goes on", {
  tag: "@without-audio",
}, async ({ parish: { paxora, account, signIn } }) => {
  const clara = await account("Clara Ruiz");
  const choir = paxora.channel("Choir");
  for (let call = 0; call < 31; call += 1) {
    const { call: begun } = await clara.gather(choir);
    await clara.hangUp(begun);
  }
  const ben = await signIn("Ben Carter");
  await ben.open(choir);
  await entry(ben).click();
  await expect(rows(ben)).toHaveCount(30);
  await ben.page.getByRole("button", { name: "Show earlier calls" }).click();
  await expect(rows(ben)).toHaveCount(31);
  await expect(ben.page.getByRole("button", { name: "Show earlier calls" })).toBeHidden();

  await clara.gather(choir);
  await expect(rows(ben)).toHaveCount(32);
  await rows(ben).first().getByRole("button", { name: "Join Choir" }).click();
  await expect(ben.call).toBeVisible();
});
