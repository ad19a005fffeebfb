import type { BrowserContext } from "@playwright/test";
import type { Person } from "../support/person.ts";
import { inTheBackground, withoutAWord } from "../support/spy.ts";
import { expect, say, test } from "../support/test.ts";

/** In which tabs the browser opened an event stream, in order. */
function streams(context: BrowserContext): unknown[] {
  const opened: unknown[] = [];
  context.on("request", (request) => {
    if (request.url().endsWith("/api/events")) opened.push(request.frame().page());
  });
  return opened;
}

const tonesOf = (tabs: Person[]) => () => tabs.flatMap(({ tones }) => tones.playing);

test.describe("tabs of one browser", { tag: "@without-audio" }, () => {
  test("share one stream; all show what rings, one is heard, and the others take its place when it closes", async ({
    parish: { paxora, signIn },
  }) => {
    const channel = paxora.direct("Anna", "Ben");
    const [anna, first] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
    const opened = streams(first.page.context());
    const tabs = [first, await first.newTab(), await first.newTab()];
    await anna.open(channel);
    for (const tab of tabs) {
      await tab.open(channel);
      await tab.touch();
    }
    expect(opened).toEqual([first.page]);

    await anna.startCall();
    for (const tab of tabs) await expect(tab.ringing(anna)).toBeVisible();
    await expect.poll(tonesOf(tabs)).toEqual(["ringtone"]);

    // Whichever is heard, and the one that has the stream: both are gone, and one is left.
    const heard = tabs.find(({ tones }) => tones.playing.length) ?? first;
    await heard.page.close();
    const others = tabs.filter((tab) => tab !== heard);
    await expect.poll(tonesOf(others)).toEqual(["ringtone"]);
    if (heard !== first) await first.page.close();
    const last = others.filter((tab) => tab !== first);
    await expect.poll(tonesOf(last)).toEqual(["ringtone"]);
    await expect.poll(() => opened.length).toBe(2);

    await anna.hangUp();
    for (const tab of last) await expect(tab.ringing()).toBeHidden();
    await expect.poll(tonesOf(last)).toEqual([]);
    expect(last.map(({ tones }) => tones.begun.length)).toContain(1);
  });

  test("fall silent together, whether one silences the call, declines it or answers it", async ({
    parish: { paxora, signIn },
  }) => {
    const channel = paxora.direct("Anna", "Ben");
    const [anna, one] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
    const other = await one.newTab();
    await anna.open(channel);
    for (const tab of [one, other]) {
      await tab.open(channel);
      await tab.touch();
    }
    for (const button of ["Silence", "Decline", "Accept"]) {
      await anna.startCall();
      await expect.poll(tonesOf([one, other])).toEqual(["ringtone"]);
      // The one that is not heard.
      const quiet = one.tones.playing.length ? other : one;
      await quiet.ringing(anna).getByRole("button", { name: button, exact: true }).click();
      await expect.poll(tonesOf([one, other])).toEqual([]);
      if (button === "Silence") {
        await expect(one.ringing(anna)).toBeVisible();
        await expect(other.ringing(anna)).toBeVisible();
        await anna.hangUp();
      }
      for (const tab of [one, other]) await expect(tab.ringing()).toBeHidden();
      if (button !== "Accept") await expect(anna.call).toBeHidden();
    }
    await expect(anna.call).toBeVisible();
  });

  test("do without one that has fallen asleep with the stream", async ({ parish: { paxora, signIn } }) => {
    const channel = paxora.direct("Anna", "Ben");
    const [anna, asleep] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
    const opened = streams(asleep.page.context());
    await asleep.page.addInitScript(withoutAWord);
    await asleep.open(channel);
    const awake = await asleep.newTab();
    await awake.open(channel);
    const began = performance.now();
    await expect.poll(() => opened, { timeout: 20_000 }).toEqual([asleep.page, awake.page]);
    say("a tab that slept with the stream was replaced after", [performance.now() - began]);

    await anna.open(channel);
    await anna.startCall();
    for (const tab of [asleep, awake]) await expect(tab.ringing(anna)).toBeVisible();
    expect(opened.length).toBe(2);
  });
});

test("a hidden tab with a slow clock and without the stream rings within moments, and stops", { tag: "@without-audio" }, async ({
  parish: { paxora, signIn },
}) => {
  const channel = paxora.direct("Anna", "Ben");
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  await anna.open(channel);
  await ben.page.addInitScript(inTheBackground);
  await ben.page.route("**/api/events**", (route) => route.abort());
  const asked = ben.page.waitForRequest(/\/api\/voice\/active\?.*wait=25/);
  await ben.open(channel);
  await asked;

  const [rang, stopped]: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round++) {
    let began = performance.now();
    await anna.startCall();
    await expect(ben.ringing(anna)).toBeVisible();
    rang.push(performance.now() - began);
    began = performance.now();
    await anna.hangUp();
    await expect(ben.ringing()).toBeHidden();
    stopped.push(performance.now() - began);
    await expect(anna.call).toBeHidden();
  }
  say("a hidden tab without the stream rang after", rang);
  say("a hidden tab without the stream stopped after", stopped);
  expect(Math.max(...rang)).toBeLessThan(3_500);
});
