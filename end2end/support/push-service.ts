import { createPublicKey, randomUUID, verify } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** What a server posted to one endpoint, and the service accepted. */
export type Pushed = {
  endpoint: string;
  version: string;
  ttl: number;
  urgency: string | undefined;
  topic: string | undefined;
  body: Buffer;
  at: number;
};
/** What the browser said about a push: 100 is well, others are errors of decryption or of the worker. */
export type Ack = { version: string; code: number; at: number };
/** A push that the service did not take, and why: also by the order of a test. */
export type Refused = { endpoint: string; status: number; reason: string };

type Subscription = { uaid: string; key: Buffer | undefined; waiting: Pushed[]; take?: (pushed: Pushed) => void };
type Heard = { messageType?: string; uaid?: string; channelID?: string; key?: string; version?: string; code?: number };
type Update = { version: string; code?: number };

const LARGEST = 4096;

/**
 * A push service on loopback. It speaks with Firefox, and with whoever sends, as Mozilla's autopush does, and is as strict:
 * what it refuses would be refused there. While the browser is away it keeps pushes, as long as their TTL says.
 */
export class PushService {
  readonly pushed: Pushed[] = [];
  readonly acks: Ack[] = [];
  readonly refused: Refused[] = [];
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly browsers = new Map<string, WebSocket>();
  private readonly sockets: WebSocketServer;
  private readonly ordered: { status: number; headers: Record<string, string> }[] = [];
  private shut = false;

  private constructor(private readonly server: Server) {
    this.sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "push-notification" });
    server.on("request", (request, response) => this.take(request, response));
    server.on("upgrade", (request, socket, head) => {
      if (this.shut) return socket.destroy();
      this.sockets.handleUpgrade(request, socket, head, (browser) => this.attend(browser));
    });
  }

  static async start(): Promise<PushService> {
    const server = createServer();
    const service = new PushService(server);
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return service;
  }

  /** Where endpoints are: a server must be allowed to send there. */
  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What Firefox must be told to use it, and to show cards without asking and without a desktop. */
  get preferences(): Record<string, string | number | boolean> {
    return {
      "dom.push.serverURL": this.origin.replace("http", "ws"),
      "dom.push.testing.allowInsecureServerURL": true,
      // Whoever drives Firefox turns it off.
      "dom.push.connection.enabled": true,
      "dom.push.retryBaseInterval": 100,
      "permissions.default.desktop-notification": 1,
      "alerts.useSystemBackend": false,
    };
  }

  /** The next push is answered with this, and goes nowhere. */
  answerNext(status: number, headers: Record<string, string> = {}): void {
    this.ordered.push({ status, headers });
  }

  /** An endpoint at which nobody is yet. */
  freeEndpoint(): string {
    return `${this.origin}/wpush/${randomUUID()}`;
  }

  /** At this endpoint is a browser that has no connection to us: what comes, signed with this key, is given to `take`. */
  register(endpoint: string, key: string, take: (pushed: Pushed) => void): void {
    const subscription = { uaid: "", key: Buffer.from(key, "base64url"), waiting: [], take };
    this.subscriptions.set(channelOf(endpoint), subscription);
  }

  /** From now on there is nothing at this endpoint: 410. */
  withdraw(endpoint: string): void {
    this.subscriptions.delete(channelOf(endpoint));
  }

  /** The browser is gone, as a phone without a network is, until it may come back. */
  sendBrowsersAway(): void {
    this.shut = true;
    for (const browser of this.browsers.values()) browser.terminate();
    this.browsers.clear();
  }

  letBrowsersIn(): void {
    this.shut = false;
  }

  close(): void {
    this.sendBrowsersAway();
    this.server.closeAllConnections();
    this.server.close();
  }

  // The side of the browser.

  private attend(browser: WebSocket): void {
    let uaid = "";
    const say = (message: object) => browser.send(JSON.stringify(message));
    browser.on("error", () => browser.terminate());
    browser.on("close", () => {
      if (this.browsers.get(uaid) === browser) this.browsers.delete(uaid);
    });
    browser.on("message", (raw) => {
      const heard = JSON.parse(String(raw)) as Heard & { updates?: Update[] };
      const channelID = heard.channelID ?? "";
      switch (heard.messageType) {
        case "hello": {
          const known = [...this.subscriptions.values()].some((one) => one.uaid === heard.uaid);
          // A new name tells the browser that its subscriptions are lost.
          uaid = heard.uaid && known ? heard.uaid : randomUUID().replaceAll("-", "");
          this.browsers.set(uaid, browser);
          say({ messageType: "hello", uaid, status: 200, use_webpush: true, broadcasts: {} });
          for (const [channel, one] of this.subscriptions) if (one.uaid === uaid) this.deliver(channel, one);
          return;
        }
        case "register": {
          const key = heard.key ? Buffer.from(heard.key, "base64url") : undefined;
          this.subscriptions.set(channelID, { uaid, key, waiting: [] });
          say({ messageType: "register", channelID, status: 200, pushEndpoint: `${this.origin}/wpush/${channelID}` });
          return;
        }
        case "unregister":
          this.subscriptions.delete(channelID);
          return say({ messageType: "unregister", channelID, status: 200 });
        case "ack":
          for (const { version, code } of heard.updates ?? []) this.settle(version, code ?? 100);
          return;
        case "nack":
          return this.settle(heard.version ?? "", heard.code ?? 0);
        case undefined:
          return say({});
      }
    });
  }

  private settle(version: string, code: number): void {
    this.acks.push({ version, code, at: Date.now() });
    for (const one of this.subscriptions.values()) {
      one.waiting = one.waiting.filter((pushed) => pushed.version !== version);
    }
  }

  private deliver(channelID: string, { uaid, waiting, take }: Subscription): void {
    if (take) return waiting.forEach(take);
    const browser = this.browsers.get(uaid);
    if (!browser) return;
    for (const { version, body, ttl, at } of waiting) {
      if (ttl > 0 && at + ttl * 1000 < Date.now()) continue;
      const headers = { encoding: "aes128gcm" };
      const data = body.toString("base64url");
      browser.send(JSON.stringify({ messageType: "notification", channelID, version, headers, data }));
    }
  }

  // The side of the server that sends.

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const endpoint = this.origin + request.url;
    const refuse = (status: number, reason: string, headers: Record<string, string> = {}) => {
      this.refused.push({ endpoint, status, reason });
      const said = JSON.stringify({ code: status, error: reason, message: reason });
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(said);
    };
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);

    const order = this.ordered.shift();
    if (order) return refuse(order.status, "by the order of a test", order.headers);
    if (request.method !== "POST") return refuse(405, "only POST");
    const channel = channelOf(endpoint);
    const subscription = this.subscriptions.get(channel);
    if (!subscription) return refuse(410, "no such subscription");

    const { ttl, topic, urgency, authorization } = request.headers as Record<string, string | undefined>;
    if (!ttl || !/^\d+$/.test(ttl)) return refuse(400, `TTL: ${ttl}`);
    if (topic !== undefined && !/^[\w-]{1,32}$/.test(topic)) return refuse(400, `Topic: ${topic}`);
    if (urgency !== undefined && !/^(very-low|low|normal|high)$/.test(urgency)) return refuse(400, `Urgency: ${urgency}`);
    if (request.headers["content-encoding"] !== "aes128gcm") return refuse(400, "Content-Encoding is not aes128gcm");
    if (body.length > LARGEST) return refuse(413, `${body.length} bytes`);
    const complaint = complaintAbout(authorization, this.origin, subscription.key);
    if (complaint) return refuse(401, complaint);

    const pushed = { endpoint, version: randomUUID(), ttl: Number(ttl), urgency, topic, body, at: Date.now() };
    this.pushed.push(pushed);
    const away = !this.browsers.has(subscription.uaid);
    if (topic) subscription.waiting = subscription.waiting.filter((earlier) => earlier.topic !== topic);
    // Without any time to live it is for now, or for nobody.
    if (!subscription.take && (!away || pushed.ttl > 0)) subscription.waiting.push(pushed);
    response.writeHead(201, { location: `${this.origin}/m/${pushed.version}`, ttl }).end();
    this.deliver(channel, { ...subscription, waiting: [pushed] });
  }
}

const channelOf = (endpoint: string): string => new URL(endpoint).pathname.replace("/wpush/", "");

/** What is wrong with a server's proof of who it is (RFC 8292), for a subscription that was made for `key`. */
function complaintAbout(authorization: string | undefined, origin: string, key: Buffer | undefined): string | undefined {
  if (!key && !authorization) return undefined;
  const [, token, named] = authorization?.match(/^vapid t=([\w.-]+), ?k=([\w-]+)$/) ?? [];
  if (!token) return `Authorization: ${authorization?.slice(0, 20)}`;
  const point = Buffer.from(named, "base64url");
  if (point.length !== 65 || point[0] !== 4) return "k is not an uncompressed point";
  if (key && !point.equals(key)) return "k is not the key of the subscription";
  const [head, claims, signature] = token.split(".");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
  const signer = createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x, y } });
  const signed = Buffer.from(signature ?? "", "base64url");
  if (!verify("sha256", Buffer.from(`${head}.${claims}`), { key: signer, dsaEncoding: "ieee-p1363" }, signed)) {
    return "the signature does not fit k";
  }
  const { aud, exp, sub } = JSON.parse(String(Buffer.from(claims, "base64url")));
  const seconds = Date.now() / 1000;
  if (aud !== origin) return `aud: ${aud}`;
  if (!(exp > seconds && exp <= seconds + 24 * 60 * 60)) return `exp: ${exp}`;
  if (!/^(mailto:[^\s<>]+@[^\s<>]+|https:\/\/\S+)$/.test(sub)) return `sub: ${sub}`;
  return undefined;
}
