import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { test } from "./bench.ts";
import { times } from "./measure.ts";

/** What to reach, of 100. */
const GOALS = { accessibility: 100, "best-practices": 100, performance: 95 };
const FIGURES = ["largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "interactive", "total-byte-weight"];
type Said = {
  categories: Record<string, { score: number }>;
  audits: Record<string, { score: number | null; numericValue?: number; title: string }>;
};

test("a chat, as Lighthouse sees it on a phone @page", async ({ parish: { paxora, signIn }, measure }) => {
  const anna = await signIn("Anna Nowak");
  const [session] = await anna.page.context().cookies();
  await anna.page.close();
  const address = `${paxora.origin()}/en/community/chat?channel=${paxora.channel("Parish").id}`;
  const found: Said[] = [];
  for (let look = 0; look < times(5); look++) found.push(await lookAt(address, `${session.name}=${session.value}`));
  for (const [category, goal] of Object.entries(GOALS)) {
    const scores = found.map(({ categories }) => Math.round(categories[category].score * 100));
    const verdict = median(scores) >= goal ? "reached" : "**missed**";
    measure.note(`${category}: median ${median(scores)} of ${scores.join(", ")}; to be reached: ${goal}; ${verdict}`);
  }
  for (const figure of FIGURES) {
    const values = found.map(({ audits }) => audits[figure].numericValue ?? Number.NaN);
    measure.note(`${figure}: median ${Math.round(median(values) * 1_000) / 1_000}`);
  }
  const blamed = Object.values(found[0].audits).filter(({ score }) => score !== null && score < 0.9);
  measure.note(`What it would have otherwise: ${blamed.map(({ title }) => title).join("; ") || "nothing"}`);
});

async function lookAt(address: string, cookie: string): Promise<Said> {
  const { LIGHTHOUSE = "", CHROMIUM = "" } = process.env;
  const headers = `--extra-headers=${JSON.stringify({ Cookie: cookie })}`;
  const categories = `--only-categories=${Object.keys(GOALS).join(",")}`;
  // A phone has a microphone: without one, a page says so when it has come to life, and that is the largest thing in it.
  const chrome = "--chrome-flags=--headless=new --no-sandbox --use-fake-device-for-media-stream";
  const flags = ["--quiet", "--output=json", chrome, categories, headers];
  const environment = { ...process.env, CHROME_PATH: CHROMIUM };
  const { stdout } = await promisify(execFile)(process.execPath, [LIGHTHOUSE, address, ...flags], {
    env: environment,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout) as Said;
}

const median = (of: number[]): number => [...of].sort((a, b) => a - b)[of.length >> 1];
