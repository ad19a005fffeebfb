import { expect } from "../support/test.ts";
import { Account } from "../support/account.ts";
import { test as base } from "./bench.ts";
import { pause, times } from "./measure.ts";

/** So many people are in the call, whoever looks included. */
const PEOPLE = 30;
/** So much slower than this machine is the phone of whoever looks. */
const SLOWER = 4;
/** A task that is longer holds up what is drawn (W3C Long Tasks). */
const LONG = 50;

/** Everybody signs in from a network of their own, as they would. */
const test = base.extend({ settings: async ({ settings }, use) => use({ ...settings, TRUSTED_PROXIES: "127.0.0.1" }) });

test("thirty people on a slow phone @tiles", async ({ parish: { paxora, signIn }, measure }) => {
  test.setTimeout(300_000);
  const others: Account[] = [];
  for (let n = 1; n < PEOPLE; n++) others.push(await Account.signUp(paxora, `Singer Number ${n}`));
  const [first, ...more] = others;
  const { call } = await first.gather(paxora.channel("Parish"));
  await Promise.all(more.map((other) => other.answer(call)));

  const anna = await signIn("Anna Nowak");
  await anna.page.setViewportSize({ width: 360, height: 740 });
  await anna.open(paxora.channel("Parish"));
  await anna.page.getByRole("button", { name: `Join · ${PEOPLE - 1} people`, exact: true }).click();
  await expect(anna.call.getByRole("timer")).toBeVisible();
  await expect(anna.call.getByRole("listitem")).toHaveCount(PEOPLE);
  // The others are not in the room of the voice server. Once every face says so, the page stands still.
  await expect(anna.call.getByRole("listitem").filter({ hasText: "Coming back…" })).toHaveCount(PEOPLE - 1);
  const slow = await anna.page.context().newCDPSession(anna.page);
  await slow.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  await anna.page.evaluate(watch);

  const changes = times(200);
  for (let change = 0; change < changes; change++) {
    const who = others[change % others.length];
    const up = Math.floor(change / others.length) % 2 === 0;
    await who.show(call, change % 5 === 4 ? { reaction: "applause" } : { hand: up });
    // One after the other, as people do it: what is measured is one change, not a hundred at once.
    await pause(100);
  }
  const { frames, tasks } = await anna.page.evaluate(seen);
  measure.row(`${PEOPLE} people, a processor ${SLOWER} × slower: from one frame to the next`, { p95: 17, most: LONG }).push(...frames);
  const long = tasks.filter((task) => task > LONG);
  const verdict = long.length === 0 ? "reached" : "**missed**";
  measure.note(
    `Tasks longer than ${LONG} ms during ${changes} changes: ${long.length} (the longest ${Math.round(Math.max(0, ...long))} ms); to be reached: 0; ${verdict}`,
  );
  for (const other of others) await other.dispose();
});

type Watched = Window & { seen: { frames: number[]; tasks: number[] } };

/** Counts, in the page, what holds up what is drawn. */
function watch(): void {
  const seen: Watched["seen"] = { frames: [], tasks: [] };
  (window as unknown as Watched).seen = seen;
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: "longtask",
  });
  let before = performance.now();
  const frame = (now: number) => {
    seen.frames.push(now - before);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

const seen = () => (window as unknown as Watched).seen;
