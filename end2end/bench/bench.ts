import type { Settings } from "../support/paxora.ts";
import { test as base } from "../support/test.ts";
import type { Marks } from "./marks.ts";
import { Dice, Measure } from "./measure.ts";
import { PushSink } from "./push-sink.ts";

/** A bench rings more often than people do. */
const LIMITS: Settings = { CALLS_PER_MINUTE: "100000", RINGS_PER_PAIR: "100000" };
/** Rings live no longer than that; what ends one lives longer. */
export const RING_SECONDS = 30;

/** A parish to measure in: what is measured is handed in at the end. */
export const test = base.extend<{ measure: Measure; sink: PushSink; dice: Dice }>({
  measure: async ({}, use) => {
    const measure = new Measure();
    await use(measure);
    await measure.handIn();
  },
  sink: async ({}, use) => {
    const sink = await PushSink.start();
    await use(sink);
    sink.close();
  },
  settings: async ({ sink }, use) => use({ ...LIMITS, RING_SECONDS: String(RING_SECONDS), PUSH_HOSTS: sink.origin }),
  dice: async ({}, use) => use(new Dice(Number(process.env.SEED || 1))),
});

/** Two pages of one machine must have one clock. */
export function compareClocks(measure: Measure, ...marks: Marks[]): void {
  const clocks = marks.flatMap(({ clocks }) => clocks);
  const apart = Math.max(...clocks) - Math.min(...clocks);
  if (apart > 5) measure.note(`The clocks of the pages were ${apart.toFixed(0)} ms apart: what is measured between them is wrong by as much.`);
}
