import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from "@playwright/test";
import { watch } from "./canaries.ts";
import { writeTone } from "./tone.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-ui-for-media-stream",
  "--allow-loopback-in-peer-connection",
];

/** A browser profile of its own; its microphone, if it has one, plays `tone`. */
export type Device = {
  context: BrowserContext;
  tone: number | undefined;
  /** What its pages died of: a page that starts over by itself may look as if nothing had happened. */
  deaths: string[];
};

/** The Chromium processes: one per tone, because a process has one microphone; devices of several tests share it. */
export class Browsers {
  private readonly running = new Map<number | undefined, Promise<Browser>>();

  /** Keeps the sound files in `folder`. */
  constructor(
    private readonly folder: string,
    private readonly executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium",
  ) {}

  /** What its pages have to say goes to `log`. */
  async device(tone: number | undefined, log: string, options?: BrowserContextOptions): Promise<Device> {
    const running = this.running.get(tone) ?? this.start(tone);
    this.running.set(tone, running);
    const context = await (await running).newContext(options);
    watch(context);
    const note = (line: string) => appendFileSync(log, `${tone ?? "no"} Hz: ${line}\n`);
    const deaths: string[] = [];
    context.on("console", (message) => {
      note(`${message.type()}: ${message.text()}`);
      if (/panicked at|hydration error/.test(message.text())) deaths.push(message.text());
    });
    context.on("weberror", (error) => note(String(error.error().stack ?? error.error())));
    return { context, tone, deaths };
  }

  private async start(tone: number | undefined): Promise<Browser> {
    const microphone: string[] = [];
    if (tone !== undefined) {
      mkdirSync(this.folder, { recursive: true });
      const sound = join(this.folder, `${tone}.wav`);
      writeTone(sound, tone);
      microphone.push("--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${sound}`);
    }
    const { executablePath } = this;
    return chromium.launch({ executablePath, args: [...FLAGS, ...microphone] });
  }

  async close(): Promise<void> {
    for (const browser of this.running.values()) await (await browser).close();
  }
}
