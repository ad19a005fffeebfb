import { expect, test as base } from "../support/test.ts";
import { PushedDevice } from "../support/worker.ts";

const test = base.extend<{ phone: PushedDevice }>({
  wholeBrowser: true,
  phone: async ({ parish: { paxora, device } }, use) => use(await PushedDevice.start(await device(), paxora.origin())),
});

const CALL = "01900000-0000-7000-8000-000000000001";
const ADDRESS = `/en/community/chat?channel=01900000-0000-7000-8000-000000000002&callId=${CALL}`;
const TAG = `voice-call-${CALL}`;
const ACTIONS = [
  { action: "answer", title: "Answer" },
  { action: "decline", title: "Decline" },
];

/** What the server sends, as agreed in `app/domain`: a notification, and what the worker knows besides. */
const push = (notification: object, data: object) => ({
  web_push: 8030,
  mutable: true,
  notification: { lang: "en", dir: "ltr", navigate: `https://parish.example${ADDRESS}`, tag: TAG, ...notification, data },
});
const ring = (notification: object = {}, data: object = {}) =>
  push(
    {
      title: "Incoming call from Anna Nowak",
      body: "Voice call in Choir",
      silent: false,
      requireInteraction: true,
      vibrate: [200, 100, 200, 100, 200],
      actions: ACTIONS,
      app_badge: "3",
      ...notification,
    },
    {
      kind: "ring",
      callId: CALL,
      url: ADDRESS,
      expiresAt: Date.now() + 30_000,
      declineToken: "once",
      over: { title: "Missed call from Anna Nowak", body: "Voice call in Choir" },
      ...data,
    },
  );
const over = (title = "Answered on another device") =>
  push({ title, body: "Voice call in Choir", silent: true, app_badge: "0" }, { kind: "over", callId: CALL, url: ADDRESS });

test.describe("the service worker", { tag: "@without-audio" }, () => {
  test("a push rings, with buttons, and the server hears of it; one more replaces the card", async ({ phone }) => {
    await phone.leave();
    await phone.push(ring());
    expect(await phone.card()).toEqual({
      title: "Incoming call from Anna Nowak",
      body: "Voice call in Choir",
      lang: "en",
      tag: TAG,
      silent: false,
      requireInteraction: true,
      vibrate: [200, 100, 200, 100, 200],
      actions: ACTIONS,
      data: { kind: "ring", callId: CALL, url: ADDRESS, declineToken: "once" },
    });
    expect(phone.asked).toEqual([{ path: "/api/push/receipt", body: { callId: CALL } }]);
    expect(await phone.happened()).toEqual(["show Incoming call from Anna Nowak"]);

    await phone.push(over());
    expect(await phone.card()).toMatchObject({ title: "Answered on another device", silent: true, actions: [] });
    // Never the other way round: a browser may look whether there is a card.
    const replaced = ["close Incoming call from Anna Nowak", "show Answered on another device"];
    expect(await phone.happened()).toEqual(replaced);
    expect(phone.asked).toHaveLength(1);
  });

  test("cards of several calls stand beside each other", async ({ phone }) => {
    await phone.leave();
    await phone.push(ring());
    await phone.push(ring({ tag: "voice-call-2", title: "Group call in Choir" }, { callId: "2" }));
    await phone.push(over());
    const titles = (await phone.cards()).map(({ title }) => title);
    expect(titles.sort()).toEqual(["Answered on another device", "Group call in Choir"]);
  });

  test("two pushes of a call at once leave the card of the second, also where tags replace nothing", async ({ phone }) => {
    await phone.leave();
    await phone.inside(() => {
      // As on iOS: a second card of a tag stands beside the first. Only `getNotifications` knows the tag.
      const { registration } = self as unknown as { registration: ServiceWorkerRegistration };
      const kind = Object.getPrototypeOf(registration) as ServiceWorkerRegistration;
      const { showNotification, getNotifications } = kind;
      let shown = 0;
      kind.showNotification = function (title, options) {
        shown += 1;
        return showNotification.call(this, title, { ...options, tag: `${options?.tag} ${shown}` });
      };
      kind.getNotifications = async function (filter) {
        const all = await getNotifications.call(this);
        return all.filter(({ tag }) => !filter?.tag || tag.startsWith(`${filter.tag} `));
      };
    }, null);
    const handled = await phone.handled();
    for (const payload of [ring(), over(), ring(), over("Missed call")]) await phone.deliver(payload);
    await expect.poll(() => phone.handled()).toBe(handled + 4);
    expect(await phone.card()).toMatchObject({ title: "Missed call" });
  });

  test("what comes at once is all there, and each card leads where it says", async ({ phone }) => {
    await phone.leave();
    const handled = await phone.handled();
    const calls = Array.from({ length: 12 }, (_, at) => `${at}`);
    for (const callId of calls) await phone.deliver(ring({ tag: `voice-call-${callId}` }, { callId, url: `/en?callId=${callId}` }));
    await expect.poll(() => phone.handled()).toBe(handled + calls.length);
    await phone.happened();
    for (const callId of calls) {
      await phone.tap("", `voice-call-${callId}`);
      expect(await phone.happened()).toContain(`open /en?callId=${callId}`);
    }
    expect(await phone.cards()).toEqual([]);
  });

  test("a page that nobody hears has a ring shown, unless something came by push", async ({ phone }) => {
    const said = { type: "ring", title: "Incoming call from Anna Nowak", body: "Voice call in Choir", callId: CALL, url: ADDRESS };
    await phone.tell(said);
    expect(await phone.card()).toMatchObject({
      title: said.title,
      body: said.body,
      tag: TAG,
      silent: false,
      requireInteraction: true,
      data: { kind: "ring", callId: CALL, url: ADDRESS },
    });
    await phone.push(ring());
    await phone.tell(said);
    expect(await phone.card()).toMatchObject({ actions: ACTIONS });
    await phone.push(over("Missed call"));
    await phone.tell(said);
    expect(await phone.card()).toMatchObject({ title: "Missed call" });
  });

  test("a page whose ring is over takes the ring's card away, and never what comes in its place", async ({ phone }) => {
    await phone.push(ring());
    await phone.tell({ type: "ring-over", callId: "2" });
    expect(await phone.card()).toMatchObject({ title: "Incoming call from Anna Nowak" });
    await phone.tell({ type: "ring-over", callId: CALL });
    expect(await phone.cards()).toEqual([]);

    // Both at once: the missed call comes while the worker looks for the ring.
    await phone.push(ring());
    await phone.inside(() => {
      const { registration } = self as unknown as { registration: ServiceWorkerRegistration };
      const kind = Object.getPrototypeOf(registration) as ServiceWorkerRegistration;
      const { getNotifications } = kind;
      let goOn = () => {};
      const missedCallHasCome = new Promise<void>((resolve) => (goOn = resolve));
      kind.getNotifications = async function (filter) {
        kind.getNotifications = getNotifications;
        const found = await getNotifications.call(this, filter);
        Object.assign(self, { looks: true });
        await missedCallHasCome;
        return found;
      };
      self.addEventListener("push", async () => {
        // More questions to the browser than the worker has when it waits for nothing: its card is there before this is over.
        for (let question = 0; question < 10; question++) await getNotifications.call(registration);
        goOn();
      });
    }, null);
    const handled = await phone.handled();
    await phone.page.evaluate((callId) => navigator.serviceWorker.controller?.postMessage({ type: "ring-over", callId }), CALL);
    await expect.poll(() => phone.inside(() => "looks" in self, null)).toBe(true);
    await phone.deliver(over("Missed call"));
    await expect.poll(() => phone.handled()).toBe(handled + 2);
    expect(await phone.card()).toMatchObject({ title: "Missed call" });
  });

  test("no card waits for the network", async ({ phone }) => {
    await phone.leave();
    const requests: string[] = [];
    phone.page.context().on("request", (request) => requests.push(request.url()));
    const answer = phone.holdBack("receipt", { json: { ringing: true } });
    const handled = await phone.handled();
    await phone.deliver(ring());
    await expect.poll(() => phone.cards()).toHaveLength(1);
    answer();
    await expect.poll(() => phone.handled()).toBe(handled + 1);
    // Chromium shows no card before it has its pictures: they came with the worker.
    expect(requests.map((url) => url.replace(/.*(?=\/api)/, ""))).toEqual(["/api/push/receipt"]);
  });

  test("a ring that is over when it arrives becomes a missed call, quietly", async ({ phone }) => {
    await phone.leave();
    phone.answers.receipt = { json: { ringing: false } };
    await phone.push(ring());
    expect(await phone.card()).toMatchObject({
      title: "Missed call from Anna Nowak",
      body: "Voice call in Choir",
      tag: TAG,
      silent: true,
      requireInteraction: false,
      actions: [],
      data: { kind: "over", url: ADDRESS },
    });
  });

  test("what came while the server was asked knows better how the call ended", async ({ phone }) => {
    await phone.leave();
    const answer = phone.holdBack("receipt", { json: { ringing: false } });
    const handled = await phone.handled();
    await phone.deliver(ring());
    await expect.poll(() => phone.cards()).toHaveLength(1);
    await phone.push(over());
    answer();
    await expect.poll(() => phone.handled()).toBe(handled + 2);
    expect(await phone.card()).toMatchObject({ title: "Answered on another device" });
  });

  test("whether a late push still rings, the server says: the clock of the phone may be wrong", async ({ phone }) => {
    await phone.leave();
    const late = ring({}, { expiresAt: Date.now() - 1_000 });
    await phone.push(late);
    expect(await phone.card()).toMatchObject({ title: "Incoming call from Anna Nowak", actions: ACTIONS });
    expect(phone.asked).toHaveLength(1);

    await phone.happened();
    const unsure = [{ json: { ringing: false } }, { status: 401, json: { problem: "x" } }, { status: 500 }, { json: null }];
    for (const answer of unsure) {
      phone.answers.receipt = answer;
      await phone.push(late);
      expect(await phone.card()).toMatchObject({ title: "Missed call from Anna Nowak", silent: true, actions: [] });
    }
    // It never rang in between.
    expect((await phone.happened()).filter((what) => what.startsWith("show Incoming"))).toEqual([]);
  });

  test("a late push whose question nobody answers is a missed call", async ({ phone }) => {
    await phone.leave();
    phone.holdBack("receipt", { json: { ringing: true } });
    await phone.push(ring({}, { expiresAt: Date.now() - 1_000 }));
    expect(await phone.card()).toMatchObject({ title: "Missed call from Anna Nowak" });
  });

  test("a ring whose receipt gets no sensible answer goes on ringing", async ({ phone }) => {
    await phone.leave();
    for (const answer of [{ status: 401, json: {} }, { status: 500 }, { json: null }, { json: { ringing: "no" } }]) {
      phone.answers.receipt = answer;
      await phone.push(ring());
      expect(await phone.card()).toMatchObject({ title: "Incoming call from Anna Nowak", silent: false });
    }
  });

  test("in front of somebody who looks at the app the card is silent, and the page learns of the push", async ({
    phone,
  }) => {
    const told = await phone.listen();
    await phone.push(ring());
    expect(await phone.card()).toMatchObject({ silent: true, vibrate: [], requireInteraction: false, actions: ACTIONS });
    await expect.poll(told).toEqual([{ type: "push", kind: "ring", callId: CALL }]);
  });

  test("a test ring rings; a message does not", async ({ phone }) => {
    await phone.leave();
    await phone.push(push({ title: "Test ring", tag: "test-ring", actions: ACTIONS }, { kind: "test", url: "/en/community/phone" }));
    expect(await phone.card()).toMatchObject({ tag: "test-ring", silent: false, requireInteraction: true, actions: ACTIONS });
    expect(phone.asked).toEqual([]);
    await phone.tap("decline");
    expect(await phone.cards()).toEqual([]);
    expect(await phone.happened()).not.toContainEqual(expect.stringContaining("open"));

    await phone.push(push({ title: "Anna", body: "Hi!", tag: "message-1" }, { kind: "message", url: "/en/community/chat" }));
    expect(await phone.card()).toMatchObject({ title: "Anna", body: "Hi!", silent: false, requireInteraction: false, actions: [] });
  });

  test("the badge counts what was pushed, and goes when there is nothing", async ({ phone }) => {
    await phone.leave();
    await phone.inside(() => {
      const { happened } = self as unknown as { happened: string[] };
      Object.assign(navigator, {
        setAppBadge: async (count: number) => void happened.push(`badge ${count}`),
        clearAppBadge: async () => void happened.push("no badge"),
      });
    }, null);
    const badges = async (payload: object) => {
      await phone.push(payload);
      return (await phone.happened()).filter((what) => what.includes("badge"));
    };
    expect(await badges(ring())).toEqual(["badge 3"]);
    expect(await badges(over())).toEqual(["no badge"]);
    for (const app_badge of [undefined, null, "", "many", -1, {}, []]) expect(await badges(ring({ app_badge }))).toEqual([]);
    expect(await badges({ ...ring({ app_badge: undefined }), app_badge: 4 })).toEqual(["badge 4"]);
  });

  test("a decline works without any window, once, and the card is gone", async ({ phone }) => {
    await phone.leave();
    await phone.push(ring());
    await phone.happened();
    await phone.tap("decline");
    expect(await phone.cards()).toEqual([]);
    expect(phone.asked.slice(1)).toEqual([{ path: "/api/push/decline", body: { token: "once" } }]);
    expect(await phone.happened()).toEqual(["close Incoming call from Anna Nowak"]);
  });

  test("a decline that the server does not answer is sent again", async ({ phone }) => {
    await phone.leave();
    await phone.push(ring());
    phone.answers.decline = { status: 503, next: { status: 204 } };
    await phone.tap("decline");
    expect(phone.asked.slice(1).map(({ path }) => path)).toEqual(["/api/push/decline", "/api/push/decline"]);
  });

  test("an answer or a tap opens the call where no window is open", async ({ phone }) => {
    await phone.leave();
    for (const [action, answer] of [["answer", CALL], ["", null]]) {
      await phone.leave();
      await phone.push(ring());
      await phone.happened();
      await phone.tap(action ?? "");
      // No address says that it is to be answered: whoever writes a link could.
      expect(await phone.happened()).toEqual(["close Incoming call from Anna Nowak", `open ${ADDRESS}`]);
      expect(await phone.cards()).toEqual([]);
      // The page asks, and is told once.
      await phone.page.goto(`${phone.origin}/health`);
      const told = await phone.listen();
      for (const _ of ["once", "and again"]) await phone.tell({ type: "here" });
      await expect.poll(told).toEqual(answer ? [{ type: "open", url: ADDRESS, answer }] : []);
    }
  });

  test("an answer or a tap brings an open window to the front and tells it where to go", async ({ phone }) => {
    const told = await phone.listen();
    for (const action of ["answer", ""]) {
      await phone.push(ring());
      await phone.happened();
      await phone.tap(action);
      expect(await phone.happened()).toEqual(["close Incoming call from Anna Nowak", "focus"]);
      await expect.poll(async () => (await told()).at(-1)).toEqual({ type: "open", url: ADDRESS, answer: action ? CALL : null });
    }
  });

  test("where neither a window comes to the front nor one opens, the open one is told all the same", async ({ phone }) => {
    await phone.inside(() => {
      const inside = self as unknown as Record<string, { prototype: object }> & { clients: object; happened: string[] };
      const fail = (what: string) => async () => {
        inside.happened.push(what);
        throw new DOMException("Not allowed", "InvalidAccessError");
      };
      Object.assign(inside.WindowClient.prototype, { focus: fail("no focus") });
      Object.assign(inside.clients, { openWindow: fail("no window") });
    }, null);
    const told = await phone.listen();
    await phone.push(ring());
    await phone.happened();
    await phone.tap("answer");
    expect((await phone.happened()).slice(1)).toEqual(["no focus", "no window"]);
    await expect.poll(async () => (await told()).at(-1)).toEqual({ type: "open", url: ADDRESS, answer: CALL });
  });

  test("a call that goes on in a hidden page has a card that leads back, as long as the page says so", async ({ phone }) => {
    const told = await phone.listen();
    const inCall = { type: "in-call", callId: CALL, title: "Return to call", body: "Choir", url: ADDRESS, tag: "return-to-call" };
    await phone.tell(inCall);
    await phone.tell({ ...inCall, body: "Choir, 3 people" });
    expect(await phone.card()).toMatchObject({ title: "Return to call", body: "Choir, 3 people", tag: "return-to-call", silent: true });
    await phone.tap();
    await expect.poll(told).toEqual([{ type: "open", url: ADDRESS, answer: null }]);
    expect(await phone.cards()).toEqual([]);

    // Of several windows it is the one of the call that comes to the front.
    const other = await phone.page.context().newPage();
    await other.goto(phone.page.url());
    const otherTold = await phone.listen(other);
    await phone.tell(inCall);
    await phone.tap();
    await expect.poll(async () => (await told()).length).toBe(2);
    expect(await otherTold()).toEqual([]);

    await phone.tell(inCall);
    await phone.tell({ type: "out-of-call" });
    expect(await phone.cards()).toEqual([]);
  });

  test("a subscription that the push service gave up is made again, and the server told", async ({ phone }) => {
    await phone.leave();
    const key = Buffer.from(Array.from({ length: 65 }, (_, at) => (at * 7 + 4) % 256)).toString("base64url");
    phone.answers.key = { json: { key } };
    const changed = async (old: object | null) => {
      const handled = await phone.handled();
      await phone.inside(
        ([old, key]) => {
          const bytes = (text: string) =>
            Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)).buffer;
          const inside = self as unknown as { registration: ServiceWorkerRegistration } & EventTarget;
          const manager = inside.registration.pushManager;
          Object.assign(manager, {
            getSubscription: async () => null,
            subscribe: async ({ applicationServerKey, userVisibleOnly }: PushSubscriptionOptionsInit) => {
              const asBytes = typeof applicationServerKey === "string" ? bytes(applicationServerKey) : applicationServerKey;
              if (!userVisibleOnly) throw new Error("would not be allowed");
              return {
                options: { applicationServerKey: asBytes },
                toJSON: () => ({ endpoint: "https://push.example/new", keys: { p256dh: "p", auth: "a" } }),
              };
            },
          });
          const oldSubscription = old && { ...old, options: { applicationServerKey: bytes(key) } };
          const Extendable = (self as unknown as { ExtendableEvent: new (type: string) => Event }).ExtendableEvent;
          const event = Object.assign(new Extendable("pushsubscriptionchange"), { oldSubscription, newSubscription: null });
          inside.dispatchEvent(event);
        },
        [old, key] as const,
      );
      await expect.poll(() => phone.handled()).toBe(handled + 1);
    };
    const fresh = { endpoint: "https://push.example/new", keys: { p256dh: "p", auth: "a" }, key };
    await changed({ endpoint: "https://push.example/old" });
    expect(phone.asked).toEqual([{ path: "/api/push/subscription", body: { ...fresh, old: "https://push.example/old" } }]);
    phone.asked.splice(0);
    // Browsers do not always say which one it was.
    await changed(null);
    expect(phone.asked).toEqual([
      { path: "/api/push/key", body: null },
      { path: "/api/push/subscription", body: fresh },
    ]);
  });
});

test.describe("whatever is pushed", { tag: "@without-audio" }, () => {
  const long = "x".repeat(100_000);
  const garbage: Record<string, unknown> = {
    "nothing": "",
    "not JSON": "{",
    "bytes": "\u0000\ufffd",
    "null": null,
    "a number": 7,
    "a string": "\"ring\"",
    "a list": [],
    "an empty object": {},
    "an unknown one": { web_push: 8030 },
    "a notification that is null": { notification: null },
    "a notification that is a string": { notification: "ring" },
    "a notification that is a list": { notification: [1] },
    "no title": { notification: { body: "b", tag: TAG, data: { kind: "ring", callId: CALL } } },
    "an empty title": { notification: { title: " ", tag: TAG, data: { kind: "over" } } },
    "no tag": ring({ tag: undefined }),
    "neither tag nor call": ring({ tag: "" }, { callId: "" }),
    "only nulls": ring(
      { title: null, body: null, lang: null, dir: null, tag: null, silent: null, vibrate: null, actions: null, data: null },
      { kind: null, callId: null, url: null, expiresAt: null, declineToken: null, over: null },
    ),
    "only wrong types": ring(
      { title: 7, body: [], lang: {}, dir: "up", tag: true, silent: "yes", vibrate: "long", actions: { a: 1 }, requireInteraction: "x" },
      { kind: ["ring"], callId: {}, url: 9, expiresAt: "soon", declineToken: 1, over: "over" },
    ),
    "wrong actions": ring({ actions: [null, 7, "a", {}, { action: "answer" }, { action: 1, title: 2 }] }),
    "many actions": ring({ actions: Array.from({ length: 50 }, (_, at) => ({ action: `a${at}`, title: `A${at}` })) }),
    "a silent ring that vibrates": ring({ silent: true, renotify: true, tag: "" }),
    "an unknown kind": push({ title: "T" }, { kind: "parade" }),
    "no data": { notification: { title: "T" } },
    "data that is a string": { notification: { title: "T", data: "ring" } },
    "huge strings": ring(
      { title: long, body: long, lang: long, tag: long, actions: [{ action: long, title: long }] },
      { callId: long, url: `/${long}`, declineToken: long, over: { title: long, body: long } },
    ),
    "a foreign address": ring({}, { url: "https://evil.example/en?callId=1" }),
    "a foreign address without a scheme": ring({}, { url: "//evil.example/en" }),
    "an address that runs": ring({}, { url: "javascript:alert(1)" }),
    "an address that is none": ring({}, { url: "http://[" }),
    "a ring that was over long ago": ring({}, { expiresAt: -1, over: null }),
    "over without words": push({}, { kind: "over", callId: CALL }),
  };

  test("it is one card, which leads somewhere in the app", async ({ phone }) => {
    test.slow();
    await phone.leave();
    for (const [what, payload] of Object.entries(garbage)) {
      await test.step(what, async () => {
        await phone.push(payload);
        const cards = await phone.cards();
        expect(cards, what).toHaveLength(1);
        expect(cards[0].title.trim(), what).not.toBe("");
        expect(cards[0].tag, what).not.toBe("");
        await phone.happened();
        await phone.tap();
        const [closed, opened, ...more] = await phone.happened();
        expect([closed.split(" ")[0], more], what).toEqual(["close", []]);
        expect(opened, what).toMatch(what.includes("address") ? /^open \/$/ : /^open \/(?!\/)/);
        expect(await phone.cards(), what).toEqual([]);
      });
    }
  });

  test("it takes the place of the last one of its kind, so that cards do not pile up", async ({ phone }) => {
    await phone.leave();
    for (const payload of ["", "{", [], { notification: "ring" }]) await phone.push(payload);
    await phone.card();
  });

  test("if the browser refuses the card, a plain one is shown, which leads to the same place", async ({ phone }) => {
    await phone.leave();
    for (const refusals of [1, 2]) {
      await phone.inside((refusals) => {
        const { registration } = self as unknown as { registration: ServiceWorkerRegistration };
        const kind = Object.getPrototypeOf(registration) as ServiceWorkerRegistration;
        const { showNotification } = kind;
        let left = refusals;
        kind.showNotification = async function (title, options) {
          left -= 1;
          if (left >= 0) throw new TypeError("no");
          kind.showNotification = showNotification;
          return showNotification.call(this, title, options);
        };
      }, refusals);
      await phone.push(ring());
      const card = await phone.card();
      expect(card.title).toBe("Incoming call from Anna Nowak");
      if (refusals === 1) expect(card).toMatchObject({ tag: TAG, data: { url: ADDRESS } });
      await phone.tap();
    }
  });
});

test.describe("the installed app", { tag: "@without-audio" }, () => {
  test("browsers find nothing missing", async ({ phone }) => {
    await phone.page.goto(`${phone.origin}/en/sign-in`);
    const cdp = await phone.page.context().newCDPSession(phone.page);
    const manifest = await cdp.send("Page.getAppManifest");
    expect(manifest.errors).toEqual([]);
    const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
    // Tests have a profile that keeps nothing.
    expect(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito")).toEqual([]);

    const said = JSON.parse(manifest.data ?? "");
    expect(said).toMatchObject({ id: "/", scope: "/", start_url: "/", display: "standalone" });
    expect(said.icons.map(({ purpose }: { purpose?: string }) => purpose ?? "any")).toEqual(
      expect.arrayContaining(["any", "maskable", "monochrome"]),
    );
    const sizes = await phone.page.evaluate(async (icons: { src: string; sizes: string; type: string }[]) => {
      const wrong = [];
      for (const { src, sizes, type } of icons) {
        const answer = await fetch(src);
        if (answer.headers.get("content-type") !== type) wrong.push(`${src} is ${answer.headers.get("content-type")}`);
        if (sizes === "any") continue;
        const { width, height } = await createImageBitmap(await answer.blob());
        if (`${width}x${height}` !== sizes) wrong.push(`${src} is ${width}x${height}`);
      }
      return wrong;
    }, [...said.icons, { src: "/apple-touch-icon.png", sizes: "180x180", type: "image/png" }]);
    expect(sizes).toEqual([]);

    // The start screen has the colour of the paper that follows.
    const paper = await phone.page.evaluate(() => {
      const canvas = new OffscreenCanvas(1, 1).getContext("2d");
      if (!canvas) throw new Error("no canvas");
      canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--paper");
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    });
    for (const colour of [said.background_color, said.theme_color]) {
      const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
      for (const [at, channel] of channels.entries()) expect(Math.abs(channel - paper[at])).toBeLessThanOrEqual(2);
    }
  });

  test("the worker is a script that is never stale", async ({ phone }) => {
    for (const path of ["/sw.js", "/sw-pictures.js"]) {
      const answer = await phone.page.request.get(phone.origin + path);
      expect(answer.status()).toBe(200);
      expect(answer.headers()).toMatchObject({ "content-type": "text/javascript", "cache-control": "no-cache" });
    }
    const scope = await phone.page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
    expect(scope).toBe(`${phone.origin}/`);
  });
});
