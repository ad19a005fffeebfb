import { expect } from "@playwright/test";
import type { Paxora } from "./paxora.ts";
import type { Person } from "./person.ts";
import { type Keys, Reader } from "./push-crypto.ts";
import type { PushService } from "./push-service.ts";
import { type Found, Worked } from "./worker.ts";

/** What a push says, as far as stories are about it. */
export type Payload = {
  notification: { title: string; body: string; app_badge?: string; data: { kind: string; callId?: string; url: string } };
};

/**
 * A person's device that the real server reaches by push. No Chromium of ours can subscribe with a push service, so its
 * `subscribe` answers with an endpoint of the local one; what the server sends there is checked, decrypted, and given to
 * the browser, which wakes the real worker.
 */
export class Phone extends Worked {
  /** What has come. */
  readonly received: Payload[] = [];

  private constructor(
    readonly person: Person,
    readonly endpoint: string,
    found: Found,
  ) {
    super(...found);
  }

  /** The device of somebody who has allowed cards, and whom the server knows how to reach. In front is the start page. */
  static async start(person: Person, paxora: Paxora, service: PushService): Promise<Phone> {
    const phone = await Phone.fresh(person, paxora, service);
    await phone.isReached();
    return phone;
  }

  /** The same, as soon as there is a worker. */
  static async fresh(person: Person, paxora: Paxora, service: PushService): Promise<Phone> {
    const [endpoint, reader] = [service.freeEndpoint(), new Reader()];
    const context = person.page.context();
    let take: (body: Buffer) => void = () => {};
    context.on("console", (message) => {
      const [, key] = message.text().match(/^push is signed with (\S+)$/) ?? [];
      if (key) service.register(endpoint, key, ({ body }) => take(body));
      if (message.text() === "push goes nowhere") service.withdraw(endpoint);
    });
    await context.addInitScript(subscribing, { endpoint, keys: reader.keys });
    const open = () => person.page.goto(`${paxora.origin()}/en/community/phone`);
    const phone = new Phone(person, endpoint, await Worked.find(person.page, paxora.origin(), open));
    let last: Promise<unknown> = Promise.resolve();
    take = (body) => {
      const text = reader.read(body);
      phone.received.push(JSON.parse(text) as Payload);
      // In the order in which they came.
      last = last.then(() => phone.deliver(text)).catch((error) => {
        // What is on its way when a story ends arrives nowhere.
        if (!person.page.isClosed()) throw error;
      });
    };
    return phone;
  }

  /** Waits until the server knows where this device is. */
  async isReached(): Promise<void> {
    await expect.poll(() => this.device()).toMatchObject({ subscribed: true });
  }

  /** What the server says of how it reaches this device. */
  async device(): Promise<{ subscribed: boolean }> {
    return (await this.person.get("/api/push/device")).json();
  }

  /** How often it was rung. */
  get rings(): number {
    return this.received.filter(({ notification }) => notification.data.kind === "ring").length;
  }

  /** Waits for the one card there is to be this one, in place of all others. */
  async shows(title: string, body?: string): Promise<void> {
    const shown = async () => (await this.cards()).map(({ title, body: said }) => (body === undefined ? [title] : [title, said]));
    await expect.poll(shown, { message: `the card of ${this.person.name}` }).toEqual([body === undefined ? [title] : [title, body]]);
  }

  /** What the card with this tag is about. */
  async kindOf(tag: string): Promise<unknown> {
    return (await this.cards()).find((card) => card.tag === tag)?.data.kind;
  }

  /** Taps a card, or one of its buttons, while nothing is open. Answers where a window opens, if one does. */
  async tapOn(tag: string, action = ""): Promise<string | undefined> {
    await this.happened();
    await this.tap(action, tag);
    return (await this.happened()).map((what) => what.match(/^open (.*)/)?.[1]).find(Boolean);
  }

  /** Opens the window that a tap has asked for, which no test may let a browser do by itself. */
  async open(path: string | undefined): Promise<URL> {
    expect(path, "where a window is to open").toBeDefined();
    const address = new URL(path ?? "", this.origin);
    await this.person.page.goto(address.href);
    return address;
  }
}

/** Runs in all pages of a browser before anything else does: it subscribes for what we deliver. */
function subscribing({ endpoint, keys }: { endpoint: string; keys: Keys }): void {
  // Not where nothing is ours.
  if (!("PushManager" in window)) return;
  const KEPT = "the key that pushes are signed with";
  const base64url = (bytes: ArrayBuffer) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const subscription = (key: string) => {
    const binary = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
    const applicationServerKey = Uint8Array.from(binary, (char) => char.charCodeAt(0)).buffer;
    return Object.create(PushSubscription.prototype, {
      endpoint: { value: endpoint },
      options: { value: { userVisibleOnly: true, applicationServerKey } },
      toJSON: { value: () => ({ endpoint, expirationTime: null, keys }) },
      unsubscribe: {
        value: async () => {
          localStorage.removeItem(KEPT);
          console.debug("push goes nowhere");
          return true;
        },
      },
    }) as PushSubscription;
  };
  PushManager.prototype.getSubscription = async () => {
    const key = localStorage.getItem(KEPT);
    return key === null ? null : subscription(key);
  };
  PushManager.prototype.subscribe = async (options) => {
    if (Notification.permission !== "granted") throw new DOMException("not allowed", "NotAllowedError");
    const key = base64url((options?.applicationServerKey as Uint8Array<ArrayBuffer>).slice().buffer);
    localStorage.setItem(KEPT, key);
    console.debug(`push is signed with ${key}`);
    return subscription(key);
  };
}
