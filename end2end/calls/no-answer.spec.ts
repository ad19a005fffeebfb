import { deafen, sometimesDeaf } from "../support/spy.ts";
import { expect, test } from "../support/test.ts";

test("a declined call ends for both", { tag: "@without-audio" }, async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();

  await anna.startCall();
  await expect(ben.ringing(anna)).toBeVisible();
  await ben.decline();
  await expect(ben.ringing()).toBeHidden();
  await expect(anna.call).toBeHidden();
  for (const person of [anna, ben]) await expect(person.timeline.getByText("Declined")).toBeVisible();
  expect(await ben.activeCall()).toBeNull();
});

test(
  "a caller who gives up stops the ringing, and the other one has missed a call",
  { tag: "@without-audio" },
  async ({ parish: { annaAndBen } }) => {
    const [anna, ben] = await annaAndBen();

    await anna.startCall();
    await expect(ben.ringing(anna)).toBeVisible();
    await anna.hangUp();
    await expect(ben.ringing()).toBeHidden();
    await expect(anna.call).toBeHidden();
    await expect(ben.page.getByText("Missed call")).toBeVisible();
  },
);

test("whom nobody answers can call again, or leave a message", { tag: "@without-audio" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.decline();
  await anna.page.getByRole("button", { name: "Leave a message" }).click();
  await expect(anna.page.getByRole("textbox", { name: "Write a message" })).toBeFocused();
  await anna.startCall();
  await ben.decline();
  await anna.afterwards.getByRole("button", { name: "Call again" }).click();
  await expect(ben.ringing(anna)).toBeVisible();
  await expect(anna.call).toBeVisible();
});

test.describe("with a ring of three seconds", { tag: "@without-audio" }, () => {
  test.use({ settings: { RING_SECONDS: "3" } });

  test("a call that nobody answers ends by itself as missed", async ({ parish: { annaAndBen } }) => {
    const [anna, ben] = await annaAndBen();

    await anna.startCall();
    await expect(ben.ringing(anna)).toBeVisible();
    await expect(ben.ringing()).toBeHidden();
    await expect(anna.call).toBeHidden();
    await expect(anna.timeline.getByText("No answer")).toBeVisible();
    await expect(ben.timeline.getByText("Missed call")).toBeVisible();
    expect(await ben.activeCall()).toBeNull();
  });

  test("a phone without a network stops ringing when the time is over, though nobody can tell it so", async ({
    parish: { paxora, signIn },
  }) => {
    const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
    await ben.page.addInitScript(sometimesDeaf);
    for (const person of [anna, ben]) await person.open(paxora.direct("Anna", "Ben"));
    await anna.startCall();
    await expect(ben.ringing(anna)).toBeVisible();
    await deafen(ben.page, true);
    await ben.page.context().setOffline(true);
    await expect(ben.ringing(anna)).toBeVisible();
    await expect(ben.ringing()).toBeHidden();
    await expect(anna.afterwards).toContainText("No answer");
    await expect(ben.timeline).not.toContainText("Missed call");
    await ben.page.context().setOffline(false);
    await deafen(ben.page, false);
    await expect(ben.timeline.getByText("Missed call")).toBeVisible();
  });
});
