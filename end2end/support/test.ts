import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { type BrowserContextOptions, expect, test as base, type TestInfo, type WorkerInfo } from "@playwright/test";
import { Account } from "./account.ts";
import { expectNoneIn, noteParish } from "./canaries.ts";
import { Browsers, type Device } from "./device.ts";
import { FirefoxPerson, type Preferences } from "./firefox.ts";
import { type Host, Paxora, type Settings, type VoiceServer } from "./paxora.ts";
import { Person, toneOf } from "./person.ts";
import { keepOff } from "./spy.ts";
import { StockPage, serveStock } from "./stock.ts";

export type Parish = {
  paxora: Paxora;
  /** A device with a microphone that this person speaks into; without a name, one without a microphone. */
  device: (name?: string, options?: BrowserContextOptions) => Promise<Device>;
  signIn: (name: string, device?: Device, host?: Host) => Promise<Person>;
  /** The same person, signed in on one more device. */
  signInAgain: (name: string) => Promise<Person>;
  /** The two most of the stories are about, each at home, with the chat of the two open. */
  annaAndBen: () => Promise<[Person, Person]>;
  /** A person who has Firefox. */
  firefox: (name: string, preferences?: Preferences) => Promise<FirefoxPerson>;
  /** Somebody without a page: of the demo parish, or new in it. */
  account: (name: string) => Promise<Account>;
  /** A page with untouched LiveKit clients; without `udp`, on a network that lets none through. */
  stock: (network?: { udp: boolean }) => Promise<StockPage>;
};

function started(folder: string, executablePath?: string) {
  return async ({}, use: (browsers: Browsers) => Promise<void>, { project, workerIndex }: WorkerInfo): Promise<void> => {
    const browsers = new Browsers(join(project.outputDir, `${folder}-${workerIndex}`), executablePath);
    await use(browsers);
    await browsers.close();
  };
}

/** Every test gets a server of its own with the demo parish, and as many people as it asks for. */
export const test = base.extend<
  { settings: Settings; wholeBrowser: boolean; parish: Parish },
  { voiceServer: VoiceServer; browsers: Browsers; lightBrowsers: Browsers }
>({
  voiceServer: ["livekit", { option: true, scope: "worker" }],
  settings: [{}, { option: true }],
  // Whoever looks at cards needs one that shows them.
  wholeBrowser: [false, { option: true }],
  browsers: [started("tones"), { scope: "worker" }],
  // The same without what draws windows and cards: a seventh less time.
  lightBrowsers: [started("light-tones", process.env.CHROMIUM_HEADLESS || undefined), { scope: "worker" }],
  parish: async ({ settings, voiceServer, wholeBrowser, browsers: whole, lightBrowsers }, use, testInfo) => {
    const browsers = wholeBrowser ? whole : lightBrowsers;
    const without = voiceServer === "livekit" && Boolean(process.env.PAXORA_WITHOUT_LIVEKIT);
    test.skip(without, "needs the real LiveKit, which PAXORA_WITHOUT_LIVEKIT leaves out");
    const folder = testInfo.outputPath("parish");
    const paxora = await Paxora.start(folder, voiceServer, settings);
    const log = join(folder, "browsers.log");
    const closing: (() => Promise<unknown> | void)[] = [];
    const devices: Device[] = [];
    const device: Parish["device"] = async (name, options) => {
      const tone = name === undefined ? undefined : toneOf(paxora.person(name));
      const started = await browsers.device(tone, log, options);
      closing.push(() => started.context.close());
      devices.push(started);
      return started;
    };
    const signIn: Parish["signIn"] = async (name, on, host) =>
      Person.signIn(paxora, paxora.person(name), on ?? (await device(name)), paxora.origin(host));
    const signInAgain: Parish["signInAgain"] = async (name) =>
      Person.signIn(paxora, await paxora.personAgain(name), await device(name), paxora.origin());
    const annaAndBen: Parish["annaAndBen"] = async () => {
      const channel = paxora.direct("Anna", "Ben");
      const atHome = async (name: string) => {
        const person = await signIn(name);
        await person.open(channel);
        return person;
      };
      return Promise.all([atHome("Anna Nowak"), atHome("Ben Carter")]);
    };
    const firefox: Parish["firefox"] = async (name, preferences) => {
      const who = paxora.person(name);
      const person = await FirefoxPerson.signIn(paxora, who, toneOf(who), preferences);
      closing.push(() => person.close());
      return person;
    };
    const account: Parish["account"] = async (name) => {
      const known = paxora.demo.people.find((person) => person.name === name);
      const somebody = await (known ? Account.signIn(paxora, known) : Account.signUp(paxora, name));
      closing.push(() => somebody.dispose());
      return somebody;
    };
    const stock: Parish["stock"] = async ({ udp } = { udp: true }) => {
      const served = await serveStock();
      closing.push(served.close);
      const { context } = await browsers.device(undefined, log);
      closing.push(() => context.close());
      const page = await context.newPage();
      if (!udp) await page.addInitScript(keepOff, "udp");
      return StockPage.open(page, served.origin);
    };
    try {
      await use({ paxora, device, signIn, signInAgain, annaAndBen, firefox, account, stock });
      expect(devices.flatMap((device) => device.deaths)).toEqual([]);
    } finally {
      const failed = testInfo.status !== testInfo.expectedStatus;
      if (failed) await attachScreens(devices, testInfo);
      await noteParish(paxora, devices.map(({ context }) => context));
      // The server ends even if a browser does not let itself be closed.
      await Promise.all(closing.map((close) => close())).finally(() => paxora.stop());
      if (failed) {
        for (const path of [join(folder, "server.log"), log]) {
          if (existsSync(path)) await testInfo.attach(basename(path), { path });
        }
      }
      expectNoneIn(join(folder, "server.log"));
    }
  },
});

/**
 * What everybody saw at the end of a story that failed. Playwright's own `screenshot: "only-on-failure"` looks at every page of
 * every story before it is closed, and never comes back from one that goes elsewhere meanwhile, as a sign-out makes it.
 */
async function attachScreens(devices: Device[], testInfo: TestInfo): Promise<void> {
  const pages = devices.flatMap(({ context }) => context.pages());
  await Promise.all(
    pages.map(async (page, at) => {
      const path = testInfo.outputPath(`screen-${at + 1}.png`);
      const seen = await page.screenshot({ path, timeout: 5_000 }).catch(() => undefined);
      if (seen) await testInfo.attach(basename(path), { path });
    }),
  );
}

/** Prints measured times, in milliseconds, and keeps them with the test's result. */
export function say(what: string, times: number[]): void {
  const sorted = times.map(Math.round).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const description = sorted.length > 1 ? `median ${median} ms, most ${sorted.at(-1)} ms` : `${median} ms`;
  test.info().annotations.push({ type: what, description });
  console.log(`${test.info().project.name}: ${what}: ${description}`);
}

export { expect } from "@playwright/test";
