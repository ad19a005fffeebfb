import type { Locator, Page } from "@playwright/test";
import { heardByEar, listenAsBlind, lookAway, sometimesHidden } from "../support/spy.ts";
import { expect, test } from "../support/test.ts";

/** Goes from here to there as a keyboard does. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let steps = 0; steps < 40; steps += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(target).toBeFocused();
}

test("a whole call without a mouse: start, accept, mute, talk, make small, hang up", { tag: "@embedded" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  const button = (name: string) => anna.call.getByRole("button", { name, exact: true });

  await tabTo(anna.page, anna.callButton);
  await anna.page.keyboard.press("Enter");
  await expect(anna.call).toBeFocused();

  // What rings has the focus, and keeps it.
  await expect(ben.ringing(anna).getByRole("button", { name: "Accept" })).toBeFocused();
  await ben.page.keyboard.press("Tab");
  await expect(ben.ringing(anna).getByRole("button", { name: "Decline" })).toBeFocused();
  await ben.page.keyboard.press("Shift+Tab");
  await expect(ben.ringing(anna).getByRole("button", { name: "Accept" })).toBeFocused();
  await ben.page.keyboard.press("Enter");
  await expect(ben.call).toBeFocused();
  await ben.hears(anna);

  await anna.page.keyboard.press("m");
  await expect(button("Unmute")).toBeVisible();
  await expect(anna.page.getByRole("status").filter({ hasText: "Nobody hears you now" })).toHaveCount(1);
  await ben.hearsNothing();
  await anna.page.keyboard.down(" ");
  await ben.hears(anna);
  await anna.page.keyboard.up(" ");
  await ben.hearsNothing();
  // A key that is let go of in another window is not heard here.
  await anna.page.keyboard.down(" ");
  await ben.hears(anna);
  await anna.page.evaluate(() => window.dispatchEvent(new FocusEvent("blur")));
  await ben.hearsNothing();
  await anna.page.keyboard.up(" ");
  // Held on a button, Space presses the button; where somebody writes, it writes.
  await anna.page.getByRole("textbox", { name: "Write a message" }).focus();
  await anna.page.keyboard.type("m m");
  await expect(anna.page.getByRole("textbox", { name: "Write a message" })).toHaveValue("m m");
  await expect(button("Unmute")).toBeVisible();

  await tabTo(anna.page, button("Unmute"));
  await anna.page.keyboard.press(" ");
  await ben.hears(anna);
  await anna.page.keyboard.press("Escape");
  await expect(button("Back to the call")).toBeVisible();
  await tabTo(anna.page, button("Back to the call"));
  await anna.page.keyboard.press("Enter");
  await tabTo(anna.page, button("End call"));
  await anna.page.keyboard.press("Enter");
  await expect(anna.call).toBeHidden();
  await expect(anna.afterwards).toBeHidden();
  await expect(anna.callButton).toBeFocused();
});

test("what is held open is closed as soon as nobody looks at the page", { tag: "@embedded" }, async ({
  parish: { paxora, signIn },
}) => {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  await anna.page.addInitScript(sometimesHidden, false);
  for (const person of [anna, ben]) await person.open(paxora.direct("Anna", "Ben"));
  await anna.startCall();
  await ben.accept();
  await ben.hears(anna);
  const open = anna.call.getByText("You are heard as long as you hold Space");
  await anna.page.keyboard.press("m");
  await ben.hearsNothing();
  await anna.page.keyboard.down(" ");
  await expect(open).toBeVisible();
  await ben.hears(anna);
  // The window keeps the focus, and the key is down still.
  await lookAway(anna.page, true);
  await ben.hearsNothing();
  await expect(open).toBeHidden();
});

test("Escape silences what rings, and the focus goes back to where it was", { tag: "@without-audio" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  const link = ben.page.getByRole("link", { name: "Will this phone ring?" });
  await link.focus();
  await anna.startCall();
  await expect(ben.ringing(anna).getByRole("button", { name: "Accept" })).toBeFocused();
  await ben.page.keyboard.press("Escape");
  await expect(ben.ringing(anna)).toBeVisible();
  await expect(ben.ringing(anna).getByRole("button", { name: "Silence" })).toBeHidden();
  await ben.decline();
  await expect(ben.ringing()).toBeHidden();
  await expect(link).toBeFocused();
});

test("whoever writes goes on writing when it rings, and is told", { tag: "@without-audio" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  const line = ben.page.getByRole("textbox", { name: "Write a message" });
  await line.focus();
  await anna.startCall();
  await expect(ben.ringing(anna)).toBeVisible();
  await expect(line).toBeFocused();
  await expect(ben.page.getByRole("status").filter({ hasText: "Anna Nowak is calling you" })).toHaveCount(1);
  await ben.page.keyboard.press("Tab");
  await expect(ben.ringing(anna).getByRole("button", { name: "Decline" })).toBeFocused();
});

test("keys of one letter can be switched off", { tag: "@embedded" }, async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  await anna.call.getByRole("button", { name: "Sound" }).click();
  await anna.call.getByRole("checkbox", { name: /^Keys/ }).uncheck();
  await anna.call.focus();
  await anna.page.keyboard.press("m");
  await anna.call.getByRole("checkbox", { name: /^Keys/ }).check();
  await anna.call.focus();
  await expect(anna.call.getByRole("button", { name: "Mute", exact: true })).toBeVisible();
  await anna.page.keyboard.press("m");
  await expect(anna.call.getByRole("button", { name: "Unmute", exact: true })).toBeVisible();
});

test("whoever does not see hears every change of a call, each once", { tag: "@embedded" }, async ({
  parish: { paxora, signIn },
}) => {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  for (const person of [anna, ben]) {
    await person.page.addInitScript(listenAsBlind);
    await person.open(paxora.direct("Anna", "Ben"));
  }
  await anna.startCall();
  await expect(anna.call).toContainText("Ringing…");
  await ben.accept();
  await ben.hears(anna);
  await anna.page.keyboard.press("m");
  await ben.hearsNothing();
  await anna.page.keyboard.press("m");
  await ben.hears(anna);
  await ben.hangUp();
  await expect(anna.afterwards).toBeVisible();
  // How it sounded is this machine's affair; what is said is what is seen.
  const seen = anna.afterwards.getByText(/^Rang \d+\.\d s · \d+ s( · sound (good|fair|poor))?$/);
  const summary = await seen.innerText();

  const hers = await heardByEar(anna.page);
  // What comes and goes quickly may be skipped.
  const always = hers.filter((words) => !/(Calling|Connecting)…$/.test(words));
  expect(always).toEqual([
    "Ben Carter: Ringing…",
    "Connected: Ben Carter",
    "Nobody hears you now",
    "The others hear you again",
    `Ben Carter: Call ended. ${summary}`,
  ]);
  expect(new Set(hers).size).toBe(hers.length);
  const his = await heardByEar(ben.page);
  expect(his.filter((words) => !/Connecting…$/.test(words))).toEqual([
    "Connected: Anna Nowak",
    expect.stringMatching(/^Anna Nowak: Call ended/),
  ]);
});
