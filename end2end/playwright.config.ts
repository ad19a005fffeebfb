import { defineConfig } from "@playwright/test";
import type { VoiceServer } from "./support/paxora.ts";

/** What takes minutes (`@long`) runs where somebody asks for it: PAXORA_LONG=1. */
const without = (...tags: string[]) => new RegExp([...tags, ...(process.env.PAXORA_LONG ? [] : ["@long"])].join("|"));

/** Tests about audio run on both voice servers; what does not touch it (`@without-audio`) on one. `script/bench` runs `bench`, `script/scale-test` `scale`. */
export default defineConfig<object, { voiceServer: VoiceServer }>({
  outputDir: "test-results",
  // Each test runs several browsers and a server, and measures what they hear: on two cores, one at a time.
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [["list"], ["json"]] : "list",
  projects: [
    { name: "embedded", testDir: "calls", use: { voiceServer: "embedded" }, grepInvert: without("@livekit") },
    { name: "livekit", testDir: "calls", use: { voiceServer: "livekit" }, grepInvert: without("@embedded", "@without-audio") },
    { name: "scale", testDir: "scale" },
    { name: "bench", testDir: "bench", use: { voiceServer: "embedded" }, timeout: 0 },
    { name: "screenshots", testDir: "screenshots", use: { voiceServer: "embedded" } },
  ],
});
