import { expect } from "@playwright/test";
import { type Browser, type Page, launch } from "puppeteer-core";
import { type Heard, isLoud, isTone, listenUntil } from "./ears.ts";
import type { Channel, DemoPerson, Paxora } from "./paxora.ts";
import type { Voice } from "./person.ts";
import type { Subscription } from "./push-sender.ts";
import { type Watched, watch } from "./spy.ts";

/** What Firefox is told about itself, beside what all tests need. */
export type Preferences = Record<string, string | number | boolean>;

/** The microphone is a tone, and allowed; before that, Firefox uses no address but that of its way to the internet. */
const preferences = (tone: number) => ({
  "media.navigator.streams.fake": true,
  "media.navigator.audio.fake_frequency": tone,
  "permissions.default.microphone": 1,
  "media.autoplay.default": 0,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
});

/** Someone of the demo parish who has Firefox. Playwright cannot drive it as it comes; Puppeteer can. */
export class FirefoxPerson implements Voice {
  private constructor(
    readonly name: string,
    readonly tone: number,
    private readonly browser: Browser,
    private readonly page: Page,
    private readonly origin: string,
  ) {}

  static async signIn(paxora: Paxora, who: DemoPerson, tone: number, more: Preferences = {}): Promise<FirefoxPerson> {
    const browser = await launch({
      browser: "firefox",
      executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
      extraPrefsFirefox: { ...preferences(tone), ...more },
    });
    const page = await browser.newPage();
    await page.evaluateOnNewDocument(watch);
    const person = new FirefoxPerson(who.name, tone, browser, page, paxora.origin());
    await page.goto(paxora.link(who));
    await Promise.all([page.waitForNavigation(), person.press(`Sign in as ${who.name}`)]);
    return person;
  }

  async open(channel: Channel): Promise<void> {
    const address = `${this.origin}/en/community/chat?channel=${channel.id}`;
    // A page that asks for events has its handlers in place.
    const alive = this.page.waitForRequest((request) => request.url().includes("/api/events"));
    await this.page.goto(address, { waitUntil: "domcontentloaded" });
    await alive;
  }

  /** Waits for the button, as a person does. */
  async press(button: string): Promise<void> {
    const path = `//button[normalize-space()="${button}" or @aria-label="${button}"]`;
    await this.page.locator(`::-p-xpath(${path})`).click();
  }

  async hears(other: Voice): Promise<void> {
    await this.listenUntil(`${this.name} hears ${other.name} (${other.tone} Hz) in Firefox`, (heard) =>
      heard.some((track) => isTone(track, other.tone)),
    );
  }

  async hearsNothing(): Promise<void> {
    await this.listenUntil(`${this.name} hears nothing in Firefox`, (heard) => !heard.some(isLoud));
  }

  async goTo(path: string): Promise<void> {
    await this.page.goto(this.origin + path, { waitUntil: "domcontentloaded" });
  }

  /** Waits until the page says so: also a page in the background, which is drawn rarely. */
  async reads(text: string): Promise<void> {
    const said = () => this.page.evaluate(() => document.body.innerText);
    await expect.poll(said, { message: `what ${this.name} reads`, timeout: 20_000 }).toContain(text);
  }

  /** Waits until the page, which starts, has told the server where this browser is reached. */
  async isReachedAgain(): Promise<void> {
    await this.page.waitForResponse((response) => response.url().endsWith("/api/push/subscription"));
  }

  /** What the server answers to the page. */
  ask(path: string): Promise<unknown> {
    return this.page.evaluate(async (path) => (await fetch(path)).json(), path);
  }

  // What happens while nobody looks at the page.

  /** Another tab comes to the front, and is not one of ours: the browser shows cards. */
  async lookAway(): Promise<void> {
    await (await this.browser.newPage()).bringToFront();
    await this.page.waitForFunction(() => document.visibilityState === "hidden", { polling: 50 });
  }

  async lookAgain(): Promise<void> {
    await this.page.bringToFront();
    await this.page.waitForFunction(() => document.visibilityState === "visible", { polling: 50 });
  }

  /** Says yes, before the browser asks: its own question cannot be answered by a test. */
  async allowCards(): Promise<void> {
    const permission = { name: "notifications" };
    await this.browser.defaultBrowserContext().setPermission(this.origin, { permission, state: "granted" });
  }

  /** Takes pushes that are signed with this key. */
  async subscribe(applicationServerKey: string): Promise<Subscription> {
    const subscription = await this.page.evaluate(async (applicationServerKey) => {
      const { pushManager } = await navigator.serviceWorker.ready;
      // Our server has had it subscribe for its own pushes.
      await (await pushManager.getSubscription())?.unsubscribe();
      return (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })).toJSON();
    }, applicationServerKey);
    return subscription as Subscription;
  }

  /** By their titles. */
  cards(): Promise<{ title: string; body: string; actions: string[] }[]> {
    return this.page.evaluate(async () => {
      const cards = await (await navigator.serviceWorker.ready).getNotifications();
      const known = cards.map((card) => {
        const { title, body, actions } = card as Notification & { actions: { title: string }[] };
        return { title, body, actions: actions.map(({ title }) => title) };
      });
      return known.sort((one, other) => one.title.localeCompare(other.title));
    });
  }

  private listenUntil(claim: string, holds: (heard: Heard[]) => boolean): Promise<void> {
    return listenUntil(claim, () => this.page.evaluate(record), holds);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/**
 * Runs in the page: listens for a moment to everything it receives. Without a sound card, Firefox's `AudioContext`
 * stands still; recording works, and so does looking at what was recorded.
 */
async function record(): Promise<Heard[]> {
  const RATE = 48_000;
  const SIZE = 8192;
  const { connections } = window as unknown as Watched;
  const live = connections.filter(({ connectionState }) => connectionState !== "closed");
  const receivers = live.flatMap((connection) => connection.getReceivers());
  const statsOf = async (receiver: RTCRtpReceiver): Promise<RTCInboundRtpStreamStats | undefined> =>
    [...(await receiver.getStats()).values()].find(({ type }) => type === "inbound-rtp");

  /** Where the loudest part of a recording has its peak. */
  const peakOf = async (recording: Blob): Promise<number | null> => {
    const offline = new OfflineAudioContext(1, RATE, RATE);
    const samples = (await offline.decodeAudioData(await recording.arrayBuffer())).getChannelData(0);
    const energy = (from: number) =>
      samples.subarray(from, from + SIZE).reduce((sum, sample) => sum + sample ** 2, 0);
    if (samples.length < SIZE) return null;
    let start = 0;
    for (let from = 0; from + SIZE <= samples.length; from += SIZE / 4) if (energy(from) > energy(start)) start = from;
    let [best, peak]: [number, number | null] = [1e-3, null];
    for (let bin = 17; bin < 512; bin++) {
      // Goertzel's: the power at one frequency.
      const turn = 2 * Math.cos((2 * Math.PI * bin) / SIZE);
      let [last, before] = [0, 0];
      for (let at = start; at < start + SIZE; at++) [last, before] = [samples[at] + turn * last - before, last];
      const power = last ** 2 + before ** 2 - turn * last * before;
      if (power > best) [best, peak] = [power, (bin * RATE) / SIZE];
    }
    return peak;
  };

  const listen = async (receiver: RTCRtpReceiver): Promise<Heard[]> => {
    const before = await statsOf(receiver);
    if (!before || receiver.track.kind !== "audio" || receiver.track.readyState !== "live") return [];
    const recorder = new MediaRecorder(new MediaStream([receiver.track]));
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((resume) => recorder.addEventListener("stop", resume));
    recorder.start();
    await new Promise((resume) => setTimeout(resume, 700));
    recorder.stop();
    await stopped;
    const after = await statsOf(receiver);
    const grown = (what: "packetsReceived" | "totalAudioEnergy" | "totalSamplesDuration") =>
      (after?.[what] ?? 0) - (before[what] ?? 0);
    const seconds = grown("totalSamplesDuration");
    const power = seconds > 0 ? grown("totalAudioEnergy") / seconds : 0;
    return [{ packets: grown("packetsReceived"), power, peak: await peakOf(new Blob(parts)) }];
  };
  return (await Promise.all(receivers.map(listen))).flat();
}
