import { join } from "node:path";
import { CROWDED } from "../support/crowd.ts";
import type { Look } from "../support/states.ts";
import * as states from "../support/states.ts";
import { test } from "../support/test.ts";

// Not a test: pictures to look at, made by script/screenshots.

const folder = process.env.SCREENSHOTS ?? "screenshots";
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

/** Every state on a phone and on a computer, in the light theme and in the dark one. */
const take: Look = async (state, page) => {
  const before = page.viewportSize();
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const path = join(folder, `${state}-${size}-${colorScheme}.png`);
      await page.screenshot({ path, animations: "disabled" });
    }
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
};

test.setTimeout(180_000);

for (const story of [
  states.untilAnAnswer,
  states.betweenTwo,
  states.amongMany,
  states.withoutAMicrophone,
  states.listeningOnly,
  states.withATroubledMicrophone,
  states.keptOut,
  states.besidesCalls,
]) {
  test(story.name, async ({ parish }) => story(parish, take));
}

test.describe(() => {
  test.use({ settings: CROWDED });
  for (const count of [6, 12, 30]) {
    test(`a call of ${count}`, async ({ parish }) => states.amongSoMany(count)(parish, take));
  }
});

test.describe(() => {
  test.use({ settings: { RING_SECONDS: "3" } });
  test(states.withoutAnAnswer.name, async ({ parish }) => states.withoutAnAnswer(parish, take));
});

test.describe(() => {
  test.use({ settings: { RINGS_PER_PAIR: "30" } });
  test(states.endedForEachReason.name, async ({ parish }) => states.endedForEachReason(parish, take));
});
