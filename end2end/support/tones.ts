import type { Page } from "@playwright/test";

/**
 * Runs in a page before anything else does: has it say on its console which of its sounds begins and which ends, and
 * when by its own clock. The page cannot be asked: whatever Playwright evaluates in a page counts as a touch of it, which lets it be heard.
 */
export function tellOfTones(): void {
  const names = new WeakMap<object, string>();
  const { arrayBuffer } = Response.prototype;
  Response.prototype.arrayBuffer = async function () {
    const bytes = await arrayBuffer.call(this);
    names.set(bytes, this.url.replace(/.*\/|\.mp3$/g, ""));
    return bytes;
  };
  const { decodeAudioData } = BaseAudioContext.prototype;
  BaseAudioContext.prototype.decodeAudioData = async function (bytes, ...callbacks) {
    const name = names.get(bytes);
    const sound = await decodeAudioData.call(this, bytes, ...callbacks);
    if (name) names.set(sound, name);
    return sound;
  };
  const tell = (what: "starts" | "stops", { buffer }: AudioBufferSourceNode) =>
    console.debug(`tone ${what} ${buffer && names.get(buffer)} ${performance.timeOrigin + performance.now()}`);
  const { start } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function (...when) {
    start.apply(this, when);
    tell("starts", this);
    // However it ends: by itself, or a moment after it was told to.
    this.addEventListener("ended", () => tell("stops", this));
  };
}

/** What a page plays, besides people. */
export class Tones {
  private readonly told: { what: string; sound: string; at: number }[] = [];

  /** The page must tell, by `tellOfTones`. */
  constructor(page: Page) {
    page.on("console", (message) => {
      const [, what, sound] = message.text().match(/^tone (starts|stops) (\S+) /) ?? [];
      if (what && sound) this.told.push({ what, sound, at: performance.now() });
    });
  }

  /** What plays now. */
  get playing(): string[] {
    const playing: string[] = [];
    for (const { what, sound } of this.told) {
      if (what === "starts") playing.push(sound);
      else playing.splice(playing.indexOf(sound), 1);
    }
    return playing;
  }

  /** What has begun since the page was opened. */
  get begun(): string[] {
    return this.told.filter(({ what }) => what === "starts").map(({ sound }) => sound);
  }

  /** When the last sound ended, by `performance.now()`. */
  get silentSince(): number | undefined {
    return this.told.findLast(({ what }) => what === "stops")?.at;
  }
}
