import { type CDPSession, type Page, type Worker, expect } from "@playwright/test";
import type { Device } from "./device.ts";

/** A card as the browser keeps it. */
export type Card = {
  title: string;
  body: string;
  lang: string;
  tag: string;
  silent: boolean | null;
  requireInteraction: boolean;
  vibrate: number[];
  actions: { action: string; title: string }[];
  data: Record<string, unknown>;
};
export type Asked = { path: string; body: unknown };
/** Comes when `after` is over. `next` is what is answered the next time, if something else. */
type Answer = { status?: number; json?: unknown; after?: Promise<unknown>; next?: Answer };
/** What happened in the worker, in this order. */
type Happened = string[];

export type Found = [page: Page, origin: string, cdp: CDPSession, registrationId: string, worker: Worker];

/** What tests find in the worker itself; the compiler knows only pages. */
type Inside = {
  handled: number;
  happened: Happened;
  registration: ServiceWorkerRegistration;
  clients: { openWindow(url: string): Promise<unknown> };
  Notification: { prototype: Notification };
  dispatchEvent(event: Event): boolean;
  /** The worker's own: whoever looks for cards while one is being shown makes Chromium forget it. */
  alone<Found>(ask: () => Promise<Found>): Promise<Found>;
};

/** The cards that a browser keeps for this worker. */
export function cardsOf(worker: Worker): Promise<Card[]> {
  return worker.evaluate(async () => {
    const inside = self as unknown as Inside;
    const cards = (await inside.alone(() => inside.registration.getNotifications())) as (Notification & Card)[];
    return cards.map(({ title, body, lang, tag, silent, requireInteraction, vibrate, actions, data }) => {
      const shown = actions.map(({ action, title }) => ({ action, title }));
      return { title, body, lang, tag, silent, requireInteraction, vibrate: [...vibrate], actions: shown, data };
    });
  });
}

/** The real worker of a real page, in a browser that delivers what tests push. */
export class Worked {
  protected constructor(
    readonly page: Page,
    readonly origin: string,
    private readonly cdp: CDPSession,
    private readonly registrationId: string,
    private readonly worker: Worker,
  ) {}

  /** Has the browser allowed to show cards, and finds the worker that `register` puts in place, in this page. */
  protected static async find(page: Page, origin: string, register: () => Promise<unknown>): Promise<Found> {
    const context = page.context();
    await context.grantPermissions(["notifications"], { origin });
    const cdp = await context.newCDPSession(page);
    const registration = new Promise<string>((found) =>
      cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
        if (registrations.length > 0) found(registrations[0].registrationId);
      }),
    );
    await cdp.send("ServiceWorker.enable");
    await register();
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
    await worker.evaluate(watch);
    return [page, origin, cdp, await registration, worker];
  }

  /** Nobody looks at the app: no page of it is open. */
  async leave(): Promise<void> {
    await this.page.goto("about:blank");
  }

  /** Delivers a push, and waits until the worker says that it is done with it. */
  async push(payload: unknown): Promise<void> {
    const handled = await this.handled();
    await this.deliver(payload);
    await expect.poll(() => this.handled()).toBe(handled + 1);
  }

  /** Only delivers it. */
  async deliver(payload: unknown): Promise<void> {
    const data = typeof payload === "string" ? payload : JSON.stringify(payload);
    const { origin, registrationId } = this;
    await this.cdp.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data });
  }

  handled(): Promise<number> {
    return this.worker.evaluate(() => (self as unknown as Inside).handled);
  }

  cards(): Promise<Card[]> {
    return cardsOf(this.worker);
  }

  /** The one card there is. */
  async card(): Promise<Card> {
    const cards = await this.cards();
    expect(cards).toHaveLength(1);
    return cards[0];
  }

  /** Taps the card with this tag, or else the one card, or one of its buttons, as far as that is possible without a screen. */
  async tap(action = "", tag?: string): Promise<void> {
    await this.worker.evaluate(
      async ([action, tag]) => {
        const inside = self as unknown as Inside;
        const [notification] = await inside.alone(() => inside.registration.getNotifications({ tag }));
        const Event = (self as unknown as { NotificationEvent: new (type: string, init: object) => Event }).NotificationEvent;
        const event = new Event("notificationclick", { notification, action });
        let work: unknown;
        Object.assign(event, { waitUntil: (what: unknown) => (work = what) });
        inside.dispatchEvent(event);
        await work;
      },
      [action, tag] as const,
    );
  }

  /** Closes and shows of cards, windows opened and brought to the front, in this order; forgets them. */
  happened(): Promise<Happened> {
    return this.worker.evaluate(() => (self as unknown as Inside).happened.splice(0));
  }

  /** Runs something in the worker. */
  inside<Argument>(run: (argument: Argument) => unknown, argument: Argument): Promise<unknown> {
    return this.worker.evaluate(run as never, argument as never);
  }

  /** What a page is told by the worker, from now on. */
  async listen(page = this.page): Promise<() => Promise<unknown[]>> {
    await page.evaluate(() => {
      const told: unknown[] = [];
      Object.assign(window, { told });
      navigator.serviceWorker.addEventListener("message", ({ data }) => told.push(data));
      navigator.serviceWorker.startMessages();
    });
    return () => page.evaluate(() => (window as unknown as { told: unknown[] }).told);
  }

  /** The page in front tells the worker. */
  async tell(message: object): Promise<void> {
    const handled = await this.handled();
    await this.page.evaluate(async (message) => (await navigator.serviceWorker.ready).active?.postMessage(message), message);
    await expect.poll(() => this.handled()).toBe(handled + 1);
  }
}

/** A device whose worker gets what a test says, from a service and from a server that are played here. */
export class PushedDevice extends Worked {
  /** What the worker asked the server. */
  readonly asked: Asked[] = [];
  /** What the server answers, by the last part of the path. */
  readonly answers: Record<string, Answer> = {
    receipt: { json: { ringing: true } },
    decline: { status: 204 },
    subscription: { status: 204 },
  };

  /** Nothing is answered until what this gives back is called. */
  holdBack(asked: string, answer: Answer): () => void {
    let release = () => {};
    this.answers[asked] = { ...answer, after: new Promise<void>((resolve) => (release = resolve)) };
    return () => release();
  }

  /** In front is an address of ours without the app, which would act by itself. */
  static async start({ context }: Device, origin: string): Promise<PushedDevice> {
    const page = await context.newPage();
    const found = await Worked.find(page, origin, async () => {
      await page.goto(`${origin}/en/sign-in`);
      await page.evaluate(async () => {
        await navigator.serviceWorker.register("/sw.js");
        await navigator.serviceWorker.ready;
      });
      await page.goto(`${origin}/health`);
    });
    const device = new PushedDevice(...found);
    await context.route("**/api/push/**", async (route) => {
      const path = new URL(route.request().url()).pathname;
      device.asked.push({ path, body: route.request().postDataJSON() });
      const asked = path.split("/").at(-1) ?? "";
      const { status = 200, json, after, next } = device.answers[asked] ?? { status: 404 };
      if (next) device.answers[asked] = next;
      await after;
      // Whoever waited may be gone.
      await route.fulfill({ status, ...(json !== undefined && { json }) }).catch(() => undefined);
    });
    return device;
  }
}

/**
 * Runs in the worker: counts what it has handled, and writes down what it does. Without a tap of a finger no window may be
 * opened or brought to the front: `focus` and `openWindow` stand for it.
 */
function watch(): void {
  const inside = self as unknown as Inside & { ExtendableEvent: { prototype: { waitUntil(work: unknown): void } } };
  const windowClient = (self as unknown as { WindowClient: { prototype: { focus(): Promise<unknown> } } }).WindowClient;
  Object.assign(inside, { handled: 0, happened: [] });
  const { waitUntil } = inside.ExtendableEvent.prototype;
  inside.ExtendableEvent.prototype.waitUntil = function (this: Event, work) {
    // What a test dispatches is not the browser's, and cannot be made to wait.
    if (this.isTrusted) waitUntil.call(this, work);
    const done = () => {
      inside.handled += 1;
    };
    Promise.resolve(work).then(done, done);
  };
  const { close } = inside.Notification.prototype;
  inside.Notification.prototype.close = function () {
    inside.happened.push(`close ${this.title}`);
    close.call(this);
  };
  const registration = Object.getPrototypeOf(inside.registration) as ServiceWorkerRegistration;
  const { showNotification } = registration;
  registration.showNotification = function (title, options) {
    inside.happened.push(`show ${title}`);
    return showNotification.call(this, title, options);
  };
  windowClient.prototype.focus = async function () {
    inside.happened.push("focus");
    return this;
  };
  inside.clients.openWindow = async (url) => {
    inside.happened.push(`open ${url}`);
    return null;
  };
}
