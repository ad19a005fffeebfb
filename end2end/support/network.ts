import { type CDPSession, type Page, type Route, expect } from "@playwright/test";
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

/**
 * Of a page that is open, answers the requests to `url` in the server's place, `times` of them or all. Not before the service
 * worker has taken the page over: what is asked for in that very moment passes Playwright by (4 of 63 did).
 */
export async function intercept(page: Page, url: string, answer: (route: Route) => unknown, options?: { times: number }): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.route(url, answer, options);
}

/** The next request to `url` waits on its way until the test lets it go. */
export async function held(page: Page, url: string): Promise<{ arrived: Promise<void>; letGo: () => void }> {
  let arrive: () => void;
  let go: () => void;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const gone = new Promise<void>((resolve) => (go = resolve));
  const wait = async (route: Route) => {
    arrive();
    await gone;
    await route.continue();
  };
  await intercept(page, url, wait, { times: 1 });
  return { arrived, letGo: () => go() };
}
