import { axe } from "../support/axe.ts";
import { CROWDED } from "../support/crowd.ts";
import type { Look } from "../support/states.ts";
import * as states from "../support/states.ts";
import { test } from "../support/test.ts";

/** Brief: only two of the four looks. */
const check: Look = (state, page, brief) => axe(page, { looks: brief ? 2 : 4, state });

test.describe("axe finds nothing", { tag: ["@embedded"] }, () => {
  test.setTimeout(180_000);
  // Not for cards: looking at a page is what the headless shell is slower at (206 s instead of 162).
  test.use({ wholeBrowser: true });

  test("until somebody answers", async ({ parish }) => states.untilAnAnswer(parish, check));
  test("in a call of two, whatever happens to it", async ({ parish }) => states.betweenTwo(parish, check));
  test("in a call with many", async ({ parish }) => states.amongMany(parish, check));
  test.describe(() => {
    test.use({ settings: CROWDED });
    test("in a call of thirty", async ({ parish }) => states.amongSoMany(30)(parish, check));
  });

  test("where the microphone was refused", async ({ parish }) => states.withoutAMicrophone(parish, check));
  test("where there is none", async ({ parish }) => states.listeningOnly(parish, check));
  test("where there is trouble with it", async ({ parish }) => states.withATroubledMicrophone(parish, check));
  test("of whoever may not come into a call", async ({ parish }) => states.keptOut(parish, check));
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
