import type { Page } from "@playwright/test";

/** What `watch` leaves in the page. */
export type Watched = { connections: RTCPeerConnection[]; microphones: MediaStreamTrack[]; sockets: WebSocket[] };

/**
 * Runs in a page before anything else does: lets a test see the connections, the sockets and the microphones that the
 * page opens. The page knows nothing of it.
 */
export function watch(): void {
  const connections: RTCPeerConnection[] = [];
  Object.assign(window, { connections });
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
  const sockets: WebSocket[] = [];
  Object.assign(window, { sockets });
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  };
  const microphones: MediaStreamTrack[] = [];
  Object.assign(window, { microphones });
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    microphones.push(...stream.getAudioTracks());
    return stream;
  };
}

/** How many connections for audio the page has made. */
export async function connections(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as Watched).connections.length);
}

/** Closes what carries the signalling, and leaves the audio alone. */
export async function loseSignalling(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const socket of (window as unknown as Watched).sockets) socket.close();
  });
}

/** Has the voice server send the page away: `SignalRequest { simulate: { server_leave: true } }`, as bytes. */
export async function beSentAway(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const socket of (window as unknown as Watched).sockets) socket.send(new Uint8Array([0x6a, 0x02, 0x20, 0x01]));
  });
}

/** How the audio of each live connection travels: `udp` or `tcp`. */
export async function transports(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { connections } = window as unknown as Watched;
    const live = connections.filter(({ connectionState }) => connectionState === "connected");
    return Promise.all(
      live.map(async (connection) => {
        const stats = [...(await connection.getStats()).values()];
        const selected = stats.find(({ type }) => type === "transport")?.selectedCandidatePairId;
        const pair = stats.find(({ id }) => id === selected);
        return stats.find(({ id }) => id === pair?.remoteCandidateId)?.protocol ?? "none";
      }),
    );
  });
}

/** What the page sends: how loud its microphones are, from 0 to 1, and how many packets have gone out. */
export async function sent(page: Page): Promise<{ level: number; packets: number }[]> {
  return page.evaluate(async () => {
    const { connections } = window as unknown as Watched;
    const live = connections.filter(({ connectionState }) => connectionState !== "closed");
    const all = await Promise.all(live.map(async (connection) => [...(await connection.getStats()).values()]));
    return all.map((stats) => ({
      level: stats.find(({ type }) => type === "media-source")?.audioLevel ?? 0,
      packets: stats.find(({ type, kind }) => type === "outbound-rtp" && kind === "audio")?.packetsSent ?? 0,
    }));
  });
}

/** How often the page opened a microphone, and how many of those are open still. */
export async function microphones(page: Page): Promise<{ opened: number; open: number }> {
  return page.evaluate(() => {
    const { microphones } = window as unknown as Watched;
    return { opened: microphones.length, open: microphones.filter((track) => track.readyState === "live").length };
  });
}

/**
 * Runs in a page before it makes a connection: keeps it off `udp`, as many a company's or hotel's network does, or off `tcp`.
 * It never hears of the voice server's address there.
 */
export function keepOff(protocol: string): void {
  const theirs = new RegExp(`candidate:\\S+ \\d+ ${protocol} `, "i");
  const { prototype } = RTCPeerConnection;
  const set: (this: RTCPeerConnection, described: RTCSessionDescriptionInit) => Promise<void> =
    prototype.setRemoteDescription;
  prototype.setRemoteDescription = function (this: RTCPeerConnection, { type, sdp }: RTCSessionDescriptionInit) {
    const lines = sdp?.split("\r\n").filter((line) => !theirs.test(line));
    return set.call(this, { type, sdp: lines?.join("\r\n") });
  };
  const add: (this: RTCPeerConnection, candidate?: RTCIceCandidateInit | null) => Promise<void> =
    prototype.addIceCandidate;
  prototype.addIceCandidate = function (this: RTCPeerConnection, candidate?: RTCIceCandidateInit | null) {
    return theirs.test(candidate?.candidate ?? "") ? Promise.resolve() : add.call(this, candidate);
  };
}

/**
 * Runs in a page before anything else does: nobody looks at it, and its clock moves once a minute, as that of a tab does
 * which has been in the background for a while.
 */
export function inTheBackground(): void {
  Object.defineProperty(document, "hidden", { get: () => true });
  Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
  const [later, repeatedly] = [window.setTimeout.bind(window), window.setInterval.bind(window)];
  const slow = (pause = 0) => Math.max(pause, 60_000);
  Object.assign(window, {
    setTimeout: (act: () => void, pause?: number) => later(act, slow(pause)),
    setInterval: (act: () => void, pause?: number) => repeatedly(act, slow(pause)),
  });
}

/** Runs in a page before anything else does: it says nothing to the other tabs, as if it had fallen asleep. */
export function withoutAWord(): void {
  BroadcastChannel.prototype.postMessage = () => {};
}

type Deaf = { isDeaf: boolean; streams: EventSource[] };

/** Runs in a page before anything else does: it hears of nothing that comes by its stream of events while `deafen` says so. */
export function sometimesDeaf(): void {
  const deaf: Deaf = Object.assign(window, { isDeaf: false, streams: [] });
  const listen: (this: EventSource, name: string, told: (event: Event) => void) => void = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (this: EventSource, name: string, told: (event: Event) => void) {
    if (!deaf.streams.includes(this)) deaf.streams.push(this);
    listen.call(this, name, (event) => deaf.isDeaf || told(event));
  } as EventSource["addEventListener"];
}

/** The page hears nothing of what happens any more; or its connection breaks, as it does when a network is back, and it hears again. */
export async function deafen(page: Page, deaf: boolean): Promise<void> {
  await page.evaluate((isDeaf) => {
    const page = window as unknown as Deaf;
    page.isDeaf = isDeaf;
    if (isDeaf) return;
    for (const stream of page.streams.splice(0)) {
      stream.close();
      stream.dispatchEvent(new Event("error"));
    }
  }, deaf);
}

/** Runs in a page before anything else does: its browser has no push service, as some have none. */
export function hasNoPushService(): void {
  PushManager.prototype.subscribe = () => Promise.reject(new DOMException("push service not available", "AbortError"));
}

/** Runs in a page before anything else does: whether somebody looks at it is what `lookAway` says. */
export function sometimesHidden(hidden: boolean): void {
  Object.assign(window, { isLookedAwayFrom: hidden });
  const isHidden = () => (window as unknown as { isLookedAwayFrom: boolean }).isLookedAwayFrom;
  Object.defineProperty(document, "hidden", { get: isHidden });
  Object.defineProperty(document, "visibilityState", { get: () => (isHidden() ? "hidden" : "visible") });
}

/** The person turns away from a page that is `sometimesHidden`, or back to it. */
export async function lookAway(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.assign(window, { isLookedAwayFrom: hidden });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, hidden);
}

/** Runs in a page before anything else does: has the number on the app's icon, which no test can see, told on the console. */
export function tellOfBadge(): void {
  const tell = async (count = 0) => console.debug(`badge ${count}`);
  Object.assign(navigator, { setAppBadge: tell, clearAppBadge: () => tell() });
}

/** Runs in a page before anything else does: keeps what a screen reader would say by itself, in `heardByEar`. */
export function listenAsBlind(): void {
  const said: string[] = [];
  Object.assign(window, { heardByEar: said });
  const last = new WeakMap<Element, string>();
  const listen = (changes: MutationRecord[]) => {
    for (const { target } of changes) {
      const element = target instanceof Element ? target : target.parentElement;
      const region = element?.closest("[role=status], [role=alert]");
      const words = region?.textContent?.trim() ?? "";
      if (region && last.get(region) !== words) {
        last.set(region, words);
        if (words) said.push(words);
      }
    }
  };
  new MutationObserver(listen).observe(document, { subtree: true, childList: true, characterData: true });
}

/** What a page that is heard by a blind person has said. */
export async function heardByEar(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { heardByEar: string[] }).heardByEar);
}
