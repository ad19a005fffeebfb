import { join } from "node:path";
import {
  type APIResponse,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
  chromium,
  expect,
} from "@playwright/test";
import { BIN, type Heard, listen, watchConnections } from "./ears.ts";
import type { Channel, DemoPerson, Paxora } from "./paxora.ts";
import { writeTone } from "./tone.ts";

/** No tone is a multiple of another. */
const TONES: Record<string, number> = {
  "Anna Nowak": 440,
  "Ben Carter": 620,
  "Clara Ruiz": 850,
  "David Kowalski": 1130,
  "Eva Lind": 1370,
};

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--allow-loopback-in-peer-connection",
];

/** A Chromium process with a profile of its own, whose microphone plays `tone`. */
export type Device = { context: BrowserContext; tone: number };

export async function startDevice(folder: string, tone: number, options?: BrowserContextOptions): Promise<Device> {
  const sound = join(folder, `${tone}.wav`);
  writeTone(sound, tone);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...FLAGS, `--use-file-for-fake-audio-capture=${sound}`],
  });
  return { context: await browser.newContext(options), tone };
}

export const toneOf = (who: DemoPerson): number => TONES[who.name];

/** Someone of the demo parish, signed in on a device. */
export class Person {
  private constructor(
    readonly page: Page,
    readonly name: string,
    readonly tone: number,
    private readonly paxora: Paxora,
    private readonly origin: string,
  ) {}

  static async signIn(paxora: Paxora, who: DemoPerson, device: Device, origin = paxora.origin()): Promise<Person> {
    const page = await device.context.newPage();
    await watchConnections(page);
    const { pathname, search } = new URL(who.link);
    await page.goto(origin + pathname + search);
    await page.getByRole("button", { name: `Sign in as ${who.name}` }).click();
    await page.waitForURL("**/en/community/chat**");
    return new Person(page, who.name, device.tone, paxora, origin);
  }

  async open(channel: Channel): Promise<void> {
    await this.untilAlive(() => this.page.goto(`${this.origin}/en/community/chat?channel=${channel.id}`));
  }

  async reload(): Promise<void> {
    await this.untilAlive(() => this.page.reload());
  }

  /** A page that asks for events has its handlers in place: a tap counts. */
  private async untilAlive(load: () => Promise<unknown>): Promise<void> {
    const alive = this.page.waitForRequest("**/api/events**");
    await load();
    await alive;
  }

  // What the person sees and touches.

  get callButton(): Locator {
    return this.page.getByRole("button", { name: "Start voice call" });
  }

  /** The overlay of a call that rings; `from` narrows it to one caller. */
  ringing(from?: Person): Locator {
    const overlay = this.page.getByRole("alertdialog");
    return from ? overlay.filter({ hasText: from.name }) : overlay;
  }

  get call(): Locator {
    return this.page.getByRole("region", { name: "Voice call" });
  }

  async startCall(): Promise<void> {
    await this.callButton.click();
  }

  /** In the parish channel the caller picks whom to call. */
  async startCallTo(...others: Person[]): Promise<void> {
    await this.callButton.click();
    const dialog = this.page.getByRole("dialog", { name: "Who do you want to call?" });
    for (const other of others) await dialog.getByRole("checkbox", { name: other.name }).check();
    await dialog.getByRole("button", { name: /^Call \d+ / }).click();
  }

  async accept(from?: Person): Promise<void> {
    await this.ringing(from).getByRole("button", { name: "Accept" }).click();
  }

  async decline(): Promise<void> {
    await this.ringing().getByRole("button", { name: "Decline" }).click();
  }

  async press(button: "Mute" | "Unmute" | "End call"): Promise<void> {
    await this.call.getByRole("button", { name: button, exact: true }).click();
  }

  async hangUp(): Promise<void> {
    await this.press("End call");
  }

  // What the person's browser hears.

  async hears(other: Person): Promise<void> {
    await this.listenUntil(`${this.name} hears ${other.name} (${other.tone} Hz)`, (heard) =>
      heard.some((track) => track.packets > 10 && track.power > 1e-4 && isTone(track, other)),
    );
  }

  async hearsOnly(other: Person): Promise<void> {
    await this.listenUntil(`${this.name} hears ${other.name} and nobody else`, (heard) => {
      const loud = heard.filter(isLoud);
      return loud.length > 0 && loud.every((track) => isTone(track, other));
    });
  }

  async hearsNothing(): Promise<void> {
    await this.listenUntil(`${this.name} hears nothing`, (heard) => !heard.some(isLoud));
  }

  private async listenUntil(claim: string, holds: (heard: Heard[]) => boolean): Promise<void> {
    let heard: Heard[] = [];
    const check = async () => {
      heard = await listen(this.page);
      return holds(heard);
    };
    await expect
      .poll(check, { message: claim, timeout: 20_000 })
      .toBe(true)
      .catch((error: Error) => {
        error.message += `\nLast heard: ${JSON.stringify(heard)}`;
        throw error;
      });
  }

  // What the person's browser may ask, with the cookies of the page.

  get(path: string): Promise<APIResponse> {
    return this.page.request.get(this.origin + path);
  }

  /** The newest call that rings for this person. */
  async activeCall(): Promise<{ id: string; channelId: string; status: string } | null> {
    const answer = await this.get(`/api/voice/active?parishId=${this.paxora.demo.parish}`);
    expect(answer.status()).toBe(200);
    return (await answer.json()).call;
  }
}

const isLoud = (track: Heard) => track.power > 1e-6;
const isTone = (track: Heard, of: Person) => track.peak !== null && Math.abs(track.peak - of.tone) <= BIN;
