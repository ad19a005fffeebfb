import { type APIResponse, type BrowserContext, type Locator, type Page, expect } from "@playwright/test";
import { form, linkToken } from "./account.ts";
import type { Device } from "./device.ts";
import { type Heard, isLoud, isTone, listen, listenUntil } from "./ears.ts";
import type { Channel, DemoPerson, Paxora } from "./paxora.ts";
import { beSentAway, connections, loseSignalling, sent, transports, watch } from "./spy.ts";
import { tellOfTones, Tones } from "./tones.ts";

/** No tone is a multiple of another. */
const TONES: Record<string, number> = {
  "Anna Nowak": 440,
  "Ben Carter": 620,
  "Clara Ruiz": 850,
  "David Kowalski": 1130,
  "Eva Lind": 1370,
};

export const toneOf = (who: DemoPerson): number => TONES[who.name];

/** Somebody whom others can tell by the tone they hear. */
export type Voice = { name: string; tone: number | undefined };

async function newPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.addInitScript(tellOfTones);
  return page;
}

/**
 * A page that asks for events, or, in a browser that has the stream in another tab, for all that is live, has its
 * handlers in place: a tap counts.
 */
export async function untilAlive(page: Page, load: () => Promise<unknown>): Promise<void> {
  const alive = page.waitForRequest(/\/api\/(events|live)\b/);
  await load();
  await alive;
}

/** Someone of the demo parish, signed in on a device. */
export class Person {
  private constructor(
    readonly page: Page,
    readonly name: string,
    /** Their voice, in hertz; none of somebody without a microphone. */
    readonly tone: number | undefined,
    private readonly paxora: Paxora,
    private readonly origin: string,
    /** What their page plays, besides people. */
    readonly tones = new Tones(page),
  ) {}

  static async signIn(paxora: Paxora, who: DemoPerson, device: Device, origin = paxora.origin()): Promise<Person> {
    await form(device.context.request, `${origin}/api/sign_in_by_link`, { token: linkToken(who) });
    return new Person(await newPage(device.context), who.name, device.tone, paxora, origin);
  }

  /** One more tab of the same browser. */
  async newTab(): Promise<Person> {
    return new Person(await newPage(this.page.context()), this.name, this.tone, this.paxora, this.origin);
  }

  async open(channel: Channel): Promise<void> {
    await untilAlive(this.page, () => this.page.goto(`${this.origin}/en/community/chat?channel=${channel.id}`));
  }

  async reload(): Promise<void> {
    await untilAlive(this.page, () => this.page.reload());
  }

  /** Touches the page without a consequence, but that it may be heard from now on. */
  async touch(): Promise<void> {
    // Not a key like Shift, which is no touch.
    await this.page.keyboard.press("a");
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

  /** What stands where the call was, when nobody came. */
  get afterwards(): Locator {
    return this.page.getByRole("region", { name: "Call that is over" });
  }

  get timeline(): Locator {
    return this.page.getByRole("log", { name: "Messages" });
  }

  /** The place to write. */
  get composer(): Locator {
    return this.page.getByRole("textbox", { name: "Write a message" });
  }

  /** Writes into the open channel. */
  async write(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** The line of the timeline that says this. */
  line(text: string): Locator {
    return this.timeline.getByRole("listitem").filter({ hasText: text });
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

  async hears(other: Voice): Promise<void> {
    const claim = `${this.name} hears ${other.name} (${other.tone} Hz)`;
    try {
      await this.listenUntil(claim, (heard) => heard.some((track) => isTone(track, other.tone)));
    } catch (error) {
      // Whether the fault lies before the microphone or behind it.
      const said = other instanceof Person ? await sent(other.page) : undefined;
      if (said && error instanceof Error) error.message += `\nLast said: ${JSON.stringify(said)}`;
      throw error;
    }
  }

  async hearsOnly(other: Voice): Promise<void> {
    await this.listenUntil(`${this.name} hears ${other.name} and nobody else`, (heard) => {
      const loud = heard.filter(isLoud);
      return loud.length > 0 && loud.every((track) => isTone(track, other.tone));
    });
  }

  async hearsNothing(): Promise<void> {
    await this.listenUntil(`${this.name} hears nothing`, (heard) => !heard.some(isLoud));
  }

  private listenUntil(claim: string, holds: (heard: Heard[]) => boolean): Promise<void> {
    return listenUntil(claim, () => listen(this.page), holds);
  }

  // What happens to the person's browser.

  loseSignalling(): Promise<void> {
    return loseSignalling(this.page);
  }

  beSentAway(): Promise<void> {
    return beSentAway(this.page);
  }

  /** How many connections for audio the page has made. */
  connections(): Promise<number> {
    return connections(this.page);
  }

  /** How the audio travels. */
  transports(): Promise<string[]> {
    return transports(this.page);
  }

  // What the person's browser may ask, with the cookies of the page.

  get(path: string): Promise<APIResponse> {
    return this.page.request.get(this.origin + path);
  }

  /** Whose phones are asleep, of all who are in a call that this person may see: by the server's word. */
  async asleep(): Promise<string[]> {
    const answer = await this.page.request.post(`${this.origin}/api/live`, { data: {} });
    const { calls } = (await answer.json()) as { calls: { participants: { member: string; asleep: boolean }[] }[] };
    return calls.flatMap(({ participants }) => participants.flatMap(({ member, asleep }) => (asleep ? [member] : [])));
  }

  /** The newest call that rings for this person. */
  async activeCall(): Promise<{ id: string; channelId: string; status: string } | null> {
    const answer = await this.get(`/api/voice/active?parishId=${this.paxora.demo.parish}`);
    expect(answer.status()).toBe(200);
    return (await answer.json()).call;
  }
}
