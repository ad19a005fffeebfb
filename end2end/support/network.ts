import { type CDPSession, type Page, expect } from "@playwright/test";
import { type Watched, keepOff } from "./spy.ts";

type Command = { offline: boolean; matchedNetworkConditions: object[] };
type Send = (method: string, parameters?: object) => Promise<unknown>;

/**
 * The network of one page, which a test can take away: requests, sockets and audio, without a goodbye. Ask for it before
 * the page makes a connection: Chromium holds only those to a rule that were made under one, and audio over TCP to none.
 */
export class Network {
  private constructor(
    private readonly page: Page,
    private readonly send: Send,
  ) {}

  static async of(page: Page): Promise<Network> {
    const session: CDPSession = await page.context().newCDPSession(page);
    // The commands are newer than the types.
    const network = new Network(page, session.send.bind(session) as unknown as Send);
    await page.addInitScript(keepOff, "tcp");
    await page.evaluate(keepOff, "tcp");
    await network.send("Network.enable");
    await network.set({ offline: false, latency: 1 });
    return network;
  }

  /** Nothing gets through any more; certain from here on. */
  async lose(): Promise<void> {
    await this.set({ offline: true, latency: 1 });
    // A rule that came too late would be a test that tests nothing.
    await this.staysAway(1_500);
  }

  /** Until nothing has come in for so long, in milliseconds. */
  async staysAway(millis: number): Promise<void> {
    const message = `no packet comes in for ${millis} ms`;
    const longer = { message, timeout: millis + 15_000, intervals: [250] };
    await expect.poll(() => silence(this.page), longer).toBeGreaterThan(millis);
  }

  async comeBack(): Promise<void> {
    await this.set({ offline: false, latency: 1 });
  }

  private async set({ offline, latency }: { offline: boolean; latency: number }): Promise<void> {
    const everything = { urlPattern: "", latency, downloadThroughput: -1, uploadThroughput: -1 };
    const command: Command = { offline, matchedNetworkConditions: [everything] };
    await this.send("Network.emulateNetworkConditionsByRule", command);
  }
}

/** How long no packet of audio has come in, in milliseconds. A connection that is closed takes its counters with it. */
function silence(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const watched = window as unknown as Watched & { lastPacket?: number };
    const { connections } = watched;
    const reports = await Promise.all(connections.map((connection) => connection.getStats()));
    const stats = reports.flatMap((report) => [...report.values()]).filter(({ type }) => type === "inbound-rtp");
    const moments = stats.map(({ lastPacketReceivedTimestamp }) => lastPacketReceivedTimestamp ?? 0);
    watched.lastPacket = Math.max(watched.lastPacket ?? 0, ...moments);
    return performance.timeOrigin + performance.now() - watched.lastPacket;
  });
}

/** What becomes of a request: it goes as ever, or not at all, or nobody hears the reply, or the test replies. */
export type Fate = "sent" | "lost" | "unheard" | { status: number; headers?: Record<string, string>; json: object };

let intercepted = 0;

/**
 * Decides what becomes of the requests of a page, and of those loaded in its place, to `path`: by their headers, until what
 * it returns is called. It does so within the page. Playwright's routes miss a request now and then where a service worker
 * has just taken the page over (4 of 63), and on a busy machine, once in a run of all stories, also later.
 */
export async function intercept(
  page: Page,
  path: string,
  decide: (headers: Record<string, string>) => Fate | Promise<Fate>,
): Promise<() => void> {
  const name = `decide${++intercepted}`;
  let over = false;
  await page.exposeFunction(name, (headers: Record<string, string>) => (over ? "sent" : decide(headers)));
  await page.addInitScript(decideWithin, { path, name });
  await page.evaluate(decideWithin, { path, name });
  return () => (over = true);
}

/** Runs in a page. */
function decideWithin({ path, name }: { path: string; name: string }): void {
  const { [name]: decide } = window as unknown as Record<string, (headers: object) => Promise<Fate>>;
  const send = window.fetch.bind(window);
  window.fetch = async (what, how) => {
    const { pathname } = new URL(what instanceof Request ? what.url : what, location.href);
    if (pathname !== path) return send(what, how);
    const request = new Request(what, how);
    const fate = await decide(Object.fromEntries(request.headers));
    if (fate === "sent") return send(request);
    if (fate === "unheard") await send(request);
    if (typeof fate === "string") throw new TypeError("Failed to fetch");
    return Response.json(fate.json, fate);
  };
}

/** The next request to `path` waits on its way until the test lets it go. */
export async function held(page: Page, path: string): Promise<{ arrived: Promise<void>; letGo: () => void }> {
  let arrive: () => void;
  let go: () => void;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const gone = new Promise<void>((resolve) => (go = resolve));
  const stop = await intercept(page, path, async () => {
    stop();
    arrive();
    await gone;
    return "sent" as const;
  });
  return { arrived, letGo: () => go() };
}
