import type { Page } from "@playwright/test";
import type { Person } from "../support/person.ts";

/** What happened in a page, and when, in milliseconds since 1970 by the page's own clock. */
export type Mark = { what: What; at: number; name: string };
type What = "tap" | "overlay shown" | "overlay drawn" | "overlay gone" | "tone starts" | "tone stops" | "audio arrives" | "page begins";

/** How long we wait for anything at all. */
const PATIENCE = 40_000;

/**
 * Runs in a page before anything else does: has it say on its console when it was tapped, when a call's overlay comes
 * and goes, and when the first packet of somebody's audio is here. The page looks at its own clock, so that whoever reads the console may take as long as he likes.
 */
function tellOfRings(): void {
  const now = () => performance.timeOrigin + performance.now();
  const say = (what: string, at: number, name = "") => console.debug(`mark ${JSON.stringify({ what, at, name })}`);
  // A clock that was set while the browser ran would move all that follows. The least of many: the page may be held up
  // between two looks.
  const apart = Math.min(...Array.from({ length: 50 }, () => now() - Date.now()));
  say("page begins", now(), String(apart));
  const nameOf = (button: Element | null | undefined) => button?.getAttribute("aria-label") ?? button?.textContent ?? "";
  // `timeStamp` is when the finger was lifted, not when a busy page got round to it.
  const tapped = (event: Event) =>
    say("tap", performance.timeOrigin + event.timeStamp, nameOf((event.target as Element).closest?.("button")).trim());
  addEventListener("click", tapped, { capture: true });
  // A track that comes from elsewhere is muted until its first packet.
  window.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct(target, [configuration], self) {
      const connection = Reflect.construct(target, [configuration], self) as RTCPeerConnection;
      connection.addEventListener("track", ({ track }) => {
        const arrives = () => say("audio arrives", now());
        if (track.muted) track.addEventListener("unmute", arrives, { once: true });
        else arrives();
      });
      return connection;
    },
  });
  let shown = false;
  const look = () => {
    if (shown === (document.querySelector('[role="alertdialog"]') !== null)) return;
    shown = !shown;
    say(shown ? "overlay shown" : "overlay gone", now());
    if (!shown) return;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => say("overlay drawn", now());
    // After the next frame was drawn.
    requestAnimationFrame(() => port2.postMessage(null));
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}

/** What a page tells of itself. */
export class Marks {
  private marks: Mark[] = [];
  private readonly waiting = new Set<() => void>();
  /** How far the page's clock and the machine's are apart, in milliseconds. */
  readonly clocks: number[] = [];

  private constructor(page: Page) {
    page.on("console", (message) => {
      const mark = read(message.text());
      if (!mark) return;
      if (mark.what === "page begins") this.clocks.push(Number(mark.name));
      this.marks.push(mark);
      for (const look of [...this.waiting]) look();
    });
  }

  /** From the next page that this person opens. */
  static async of({ page }: Person): Promise<Marks> {
    await page.addInitScript(tellOfRings);
    return new Marks(page);
  }

  /** What was told since `forget`. */
  get all(): readonly Mark[] {
    return this.marks;
  }

  forget(): void {
    this.marks = [];
  }

  /** When this happened for the first time since `forget`: waits for it if it did not. */
  async first(what: What, name = ""): Promise<number> {
    const find = () => this.marks.find((mark) => mark.what === what && mark.name.includes(name))?.at;
    const found = find();
    if (found !== undefined) return found;
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(alarm);
        this.waiting.delete(look);
      };
      const look = () => {
        const at = find();
        if (at === undefined) return;
        stop();
        resolve(at);
      };
      const alarm = setTimeout(() => {
        stop();
        reject(new Error(`never: ${what} ${name}. Only: ${this.marks.map(({ what, name }) => `${what} ${name}`)}`));
      }, PATIENCE);
      this.waiting.add(look);
    });
  }
}

function read(said: string): Mark | undefined {
  if (said.startsWith("mark ")) return JSON.parse(said.slice(5)) as Mark;
  // As `tellOfTones` says it.
  const [, what, name, at] = said.match(/^tone (starts|stops) (\S+) ([\d.]+)$/) ?? [];
  return what ? { what: `tone ${what as "starts" | "stops"}`, name, at: Number(at) } : undefined;
}
