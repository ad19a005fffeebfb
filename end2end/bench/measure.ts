import { loadavg } from "node:os";
import { test } from "../support/test.ts";

/** One line of the table: times in milliseconds, and what was to be reached. */
export type Row = { what: string; times: number[]; reach: Partial<Record<Statistic, number>> };
export type Statistic = "p50" | "p95" | "p99" | "most";
/** What one scenario has to say. */
export type Measured = { rows: Row[]; notes: string[]; load: number[] };

export const ATTACHED = "measured";

/** How often something is done: `RINGS=20` does a tenth of everything. */
export const times = (full: number): number => Math.max(3, Math.round((full * Number(process.env.RINGS || 200)) / 200));

/** Hands in what was measured, also if what follows fails. */
export class Measure {
  private readonly measured: Measured = { rows: [], notes: [], load: [loadavg()[0]] };

  row(what: string, reach: Row["reach"] = {}): number[] {
    const row: Row = { what, times: [], reach };
    this.measured.rows.push(row);
    return row.times;
  }

  note(note: string): void {
    this.measured.notes.push(note);
  }

  async handIn(): Promise<void> {
    this.measured.load.push(loadavg()[0]);
    await test.info().attach(ATTACHED, { body: JSON.stringify(this.measured), contentType: "application/json" });
  }
}

/** Numbers that are random and the same for every seed (mulberry32). */
export class Dice {
  constructor(private state: number) {}

  /** From 0 to 1. */
  roll(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.roll() * of.length)];
  }

  /** A pause of up to so many milliseconds. */
  pause(most: number): Promise<void> {
    return pause(this.roll() * most);
  }
}

export const pause = (millis: number): Promise<void> => new Promise((resume) => setTimeout(resume, millis));
