import { PushSender } from "../support/push-sender.ts";
import { PushService } from "../support/push-service.ts";
import { expect, test as base } from "../support/test.ts";

const test = base.extend<{ service: PushService; sender: PushSender }>({
  service: async ({}, use) => {
    const service = await PushService.start();
    await use(service);
    service.close();
  },
  sender: async ({}, use) => use(new PushSender()),
});

const CALL = "01900000-0000-7000-8000-000000000001";
const TAG = `voice-call-${CALL}`;
const payload = (title: string, kind: string, more: object = {}) => ({
  web_push: 8030,
  mutable: true,
  notification: {
    title,
    body: "Voice call in Choir",
    navigate: `https://parish.example/en/community/chat?callId=${CALL}`,
    tag: TAG,
    ...more,
    // Without a `callId`: nobody calls, and a server that is asked would say so.
    data: { kind, url: `/en/community/chat?callId=${CALL}`, expiresAt: Date.now() + 30_000 },
  },
});
const ACTIONS = ["answer", "decline"].map((action) => ({ action, title: action }));
const ring = () => payload("Incoming call from Anna Nowak", "ring", { actions: ACTIONS, requireInteraction: true });
const over = () => payload("Missed call from Anna Nowak", "over", { silent: true });

test.describe("Firefox with a real push service", { tag: "@without-audio" }, () => {
  test("an encrypted push rings in the background, the next one ends it, and after unsubscribing there is nobody", async ({
    parish: { paxora, firefox },
    service,
    sender,
  }) => {
    test.slow();
    const ben = await firefox("Ben Carter", service.preferences);
    await ben.open(paxora.channel("Choir"));
    const subscription = await ben.subscribe(sender.key);
    expect(subscription.endpoint).toContain(service.origin);
    await ben.lookAway();

    const sent = await sender.send(subscription, ring(), { topic: "call-1" });
    expect([sent.status, sent.headers.get("ttl")]).toEqual([201, "30"]);
    const card = { body: "Voice call in Choir", tag: TAG };
    await expect
      .poll(() => ben.cards())
      .toEqual([{ ...card, title: "Incoming call from Anna Nowak", actions: ["answer", "decline"] }]);

    await sender.send(subscription, over(), { topic: "call-1", urgency: "normal" });
    await expect.poll(() => ben.cards()).toEqual([{ ...card, title: "Missed call from Anna Nowak", actions: [] }]);

    // Even what nobody can read shows a card, beside the one of the call.
    await sender.send(subscription, "{");
    await expect.poll(async () => (await ben.cards()).length).toBe(2);
    await expect.poll(() => service.acks.map(({ code }) => code)).toEqual([100, 100, 100]);

    expect(await ben.unsubscribe()).toBe(true);
    await expect.poll(async () => (await sender.send(subscription, ring())).status).toBe(410);
  });

  test("what was pushed while the browser was away rings when it is back: the last of a call, and not after its time", async ({
    parish: { paxora, firefox },
    service,
    sender,
  }) => {
    test.slow();
    const ben = await firefox("Ben Carter", service.preferences);
    await ben.open(paxora.channel("Choir"));
    const subscription = await ben.subscribe(sender.key);
    await ben.lookAway();

    service.sendBrowsersAway();
    const stale = payload("Too late", "ring", { tag: "stale" });
    await sender.send(subscription, stale, { ttl: 1, topic: "call-2" });
    await sender.send(subscription, stale, { ttl: 0 });
    await sender.send(subscription, ring(), { topic: "call-1" });
    await sender.send(subscription, over(), { topic: "call-1" });
    await new Promise((resume) => setTimeout(resume, 1_500));
    expect(await ben.cards()).toEqual([]);
    service.letBrowsersIn();
    await expect.poll(async () => (await ben.cards()).map(({ title }) => title), { timeout: 30_000 }).toEqual([
      "Missed call from Anna Nowak",
    ]);
    expect(service.acks).toHaveLength(1);
  });

  test("the service refuses what a real one would, and answers as a test wants", async ({
    parish: { paxora, firefox },
    service,
    sender,
  }) => {
    test.slow();
    const ben = await firefox("Ben Carter", service.preferences);
    await ben.open(paxora.channel("Choir"));
    const subscription = await ben.subscribe(sender.key);
    const status = async (how: Parameters<PushSender["send"]>[2], from = sender, to = subscription) =>
      (await from.send(to, ring(), how)).status;

    expect(await status({ ttl: -1 })).toBe(400);
    expect(await status({ topic: "not/allowed" })).toBe(400);
    expect(await status({ topic: "x".repeat(33) })).toBe(400);
    expect(await status({ urgency: "highest" })).toBe(400);
    expect(await status({}, new PushSender())).toBe(401);
    expect((await fetch(subscription.endpoint, { method: "POST", headers: { ttl: "1" } })).status).toBe(400);
    const unsigned = { ttl: "1", "content-encoding": "aes128gcm" };
    expect((await fetch(subscription.endpoint, { method: "POST", headers: unsigned })).status).toBe(401);
    expect((await sender.send(subscription, "x".repeat(5_000))).status).toBe(413);
    expect(await status({}, sender, { ...subscription, endpoint: `${service.origin}/wpush/unknown` })).toBe(410);

    service.answerNext(429, { "retry-after": "1" });
    expect(await status({})).toBe(429);
    expect(await status({})).toBe(201);
    service.withdraw(subscription.endpoint);
    expect(await status({})).toBe(410);
    expect(service.pushed).toHaveLength(1);
  });
});
