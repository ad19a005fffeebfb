import AxeBuilder from "@axe-core/playwright";
import { CROWDED } from "../support/crowd.ts";
import type { Look } from "../support/states.ts";
import * as states from "../support/states.ts";
import { expect, test } from "../support/test.ts";

/** WCAG 2.2, A and AA. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };
const LOOKS = [
  { viewport: PHONE, colorScheme: "dark" },
  { viewport: DESKTOP, colorScheme: "light" },
  { viewport: PHONE, colorScheme: "light" },
  { viewport: DESKTOP, colorScheme: "dark" },
] as const;

/** Nothing in this state keeps anybody out, on a phone and on a computer, in the light theme and in the dark one. */
const check: Look = async (state, page, brief) => {
  const before = page.viewportSize();
  for (const { viewport, colorScheme } of brief ? LOOKS.slice(0, 2) : LOOKS) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // There are no frames: without its second page for them, it takes a third of the time.
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(RULES).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
    expect(found, `${state}, ${viewport.width} wide, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (before) await page.setViewportSize(before);
};

test.describe("axe finds nothing", { tag: ["@embedded"] }, () => {
  test.setTimeout(180_000);

  test("until somebody answers", async ({ parish }) => states.untilAnAnswer(parish, check));
  test("in a call of two, whatever happens to it", async ({ parish }) => states.betweenTwo(parish, check));
  test("in a call with many", async ({ parish }) => states.amongMany(parish, check));
  test.describe(() => {
    test.use({ settings: CROWDED });
    test("in a call of thirty", async ({ parish }) => states.amongSoMany(30)(parish, check));
  });

  test("where the microphone was refused", async ({ parish }) => states.withoutAMicrophone(parish, check));
  test("where there is none", async ({ parish }) => states.listeningOnly(parish, check));
  test("besides calls", async ({ parish }) => states.besidesCalls(parish, check));

  test.describe(() => {
    test.use({ settings: { RING_SECONDS: "3" } });
    test("where nobody answers", async ({ parish }) => states.withoutAnAnswer(parish, check));
  });

  test.describe(() => {
    test.use({ settings: { RINGS_PER_PAIR: "30" } });
    test("whyever a call has ended", async ({ parish }) => states.endedForEachReason(parish, check));
  });
});
