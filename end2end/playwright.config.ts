import { defineConfig } from "@playwright/test";

export default defineConfig({
  outputDir: "test-results",
  // Each test runs several browsers and a server, and measures what they hear: on two cores, one at a time.
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [["list"], ["json"]] : "list",
  use: { screenshot: "only-on-failure" },
  projects: [
    { name: "calls", testDir: "calls" },
    { name: "screenshots", testDir: "screenshots" },
  ],
});
