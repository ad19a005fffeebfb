import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join, resolve } from "node:path";
import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";
import type { Measured, Row, Statistic } from "./measure.ts";

const OUT = resolve(import.meta.dirname, "../../target/bench");
const STATISTICS: readonly Statistic[] = ["p50", "p95", "p99", "most"];

/** Prints what was measured as a table, and writes it to target/bench, as ring.md and ring.json, and so on. */
export default class Report implements Reporter {
  private readonly measured: Measured[] = [];
  private readonly failed: string[] = [];

  onTestBegin({ title }: TestCase): void {
    console.log(`… ${title}`);
  }

  onTestEnd(test: TestCase, { status, attachments, error }: TestResult): void {
    for (const { name, body } of attachments) if (name === "measured" && body) this.measured.push(JSON.parse(String(body)));
    if (status === "passed" || status === "skipped") return;
    this.failed.push(test.title);
    console.log(`${test.title}: ${status}\n${error?.stack ?? error?.message ?? ""}`);
  }

  onEnd(): void {
    const { BENCH_COMMIT = "?", BENCH_NAME = "ring", BENCH_SERVER = "debug", RINGS, SEED, SEQUENCES } = process.env;
    const [cores, cpu] = [cpus().length, cpus()[0].model.trim()];
    const load = this.measured.flatMap(({ load }) => load);
    const loads = { least: Math.min(...load), most: Math.max(...load) };
    const lines = [
      `${cores} cores (${cpu}, Linux ${release()}), which server, browsers and this measurement share; commit ${BENCH_COMMIT}; ` +
        `${BENCH_SERVER} build, SQLite, headless Chromium.`,
      `Load of the machine before and after each scenario: ${loads.least.toFixed(1)} to ${loads.most.toFixed(1)}. Times in ms.`,
      "",
      "| | n | p50 | p95 | p99 | most | to be reached | |",
      "|---|--:|--:|--:|--:|--:|---|---|",
      ...this.measured.flatMap(({ rows }) => rows.map(line)),
      "",
      ...this.measured.flatMap(({ notes }) => notes.map((note) => `- ${note}`)),
      ...this.failed.map((title) => `- FAILED: ${title}`),
      "",
    ];
    const text = lines.join("\n");
    const about = { commit: BENCH_COMMIT, server: BENCH_SERVER, cores, cpu, load: loads, rings: RINGS, seed: SEED, sequences: SEQUENCES };
    const rows = this.measured.flatMap(({ rows }) => rows.map((row) => ({ ...row, ...statistics(row.times) })));
    mkdirSync(OUT, { recursive: true });
    writeFileSync(join(OUT, `${BENCH_NAME}.md`), text);
    const rounded = (_: string, value: unknown) => (typeof value === "number" ? Math.round(value * 10) / 10 : value);
    writeFileSync(join(OUT, `${BENCH_NAME}.json`), JSON.stringify({ ...about, rows, scenarios: this.measured, failed: this.failed }, rounded, 1));
    console.log(`\n${text}`);
  }

  printsToStdio(): boolean {
    return true;
  }
}

function line({ what, times, reach }: Row): string {
  const are = statistics(times);
  const wanted = STATISTICS.flatMap((name) => (reach[name] === undefined ? [] : [{ name, most: reach[name] }]));
  const words = wanted.map(({ name, most }) => `${name} ≤ ${most.toLocaleString("en")}`).join(", ");
  const reached = times.length > 0 && wanted.every(({ name, most }) => are[name] <= most);
  const verdict = wanted.length === 0 ? "" : reached ? "reached" : "**missed**";
  const cells = STATISTICS.map((name) => (times.length ? Math.round(are[name]).toLocaleString("en") : "–"));
  return `| ${what} | ${times.length} | ${cells.join(" | ")} | ${words} | ${verdict} |`;
}

/** Percentiles by rank: each is a time that was measured. */
function statistics(times: readonly number[]): Record<Statistic, number> {
  const sorted = [...times].sort((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), most: rank(1) };
}
