import { expect, test } from "../support/push.ts";
import { PushSender } from "../support/push-sender.ts";

const RING = { title: "Incoming call from Anna Nowak", body: "Voice call", actions: ["Answer", "Decline"] };
const MISSED = { title: "Missed call from Anna Nowak", body: "Voice call", actions: [] };
const TEST_RING = { title: "This is a test ring", body: "Calls will ring on this device.", actions: [] };
const YES = "Yes. This device rings, even while Paxora is closed.";

test.describe("Firefox with a real push service", { tag: "@without-audio" }, () => {
  test("a tap has it reached, it rings in the background and without a page, and is forgotten when the service says so", async ({
    parish: { paxora, signIn, firefox },
    service,
  }) => {
    test.slow();
    const anna = await signIn("Anna Nowak");
    const direct = paxora.direct("Anna", "Ben");
    const ben = await firefox("Ben Carter", { ...service.preferences, "permissions.default.desktop-notification": 0 });
    await anna.open(direct);
    await ben.goTo("/en/community/phone");
    await ben.reads("Your browser will ask you whether Paxora may show notifications. Say yes.");
    // From here on, nothing on the page moves by itself.
    await ben.reads("Your browser keeps this page silent until you tap something.");
    expect(await ben.ask("/api/push/device")).toMatchObject({ subscribed: false });
    await ben.allowCards();
    await ben.press("Let this device ring");
    await ben.reads(YES);
    expect(await ben.ask("/api/push/device")).toMatchObject({ subscribed: true });
    await ben.press("Ring this device");
    await ben.reads("It arrived. This device rings.");
    expect(await ben.cards()).toEqual([TEST_RING]);

    // Its only tab of ours is in the background, and has no buttons.
    await ben.open(paxora.channel("Choir"));
    await ben.lookAway();
    await anna.startCall();
    await expect.poll(() => ben.cards()).toEqual([RING, TEST_RING]);
    // Both its page and its worker have told that it rings: it is one device.
    await expect.poll(() => service.acks.map(({ code }) => code)).toEqual([100, 100]);
    await expect(anna.call.getByText("Ringing…").first()).toBeVisible();
    await anna.hangUp();
    await expect.poll(() => ben.cards()).toEqual([MISSED, TEST_RING]);

    // No page of the app is open: only the worker can tell that it rings.
    await ben.goTo("/health");
    await anna.startCall();
    await expect.poll(() => ben.cards()).toEqual([RING, MISSED, TEST_RING]);
    await expect(anna.call.getByText("Ringing…").first()).toBeVisible();
    await anna.hangUp();
    await expect.poll(() => ben.cards()).toEqual([MISSED, MISSED, TEST_RING]);

    await Promise.all([ben.isReachedAgain(), ben.open(paxora.channel("Choir"))]);
    service.withdraw(service.pushed[0].endpoint);
    await anna.startCall();
    await ben.reads("is calling you");
    await expect.poll(() => service.refused.map(({ status }) => status)).toEqual([410]);
    await expect.poll(() => ben.ask("/api/push/device")).toMatchObject({ subscribed: false });
    await anna.hangUp();
    // With its next start it is reached again, somewhere else.
    await ben.lookAgain();
    await ben.goTo("/en/community/phone");
    await ben.reads(YES);
    await ben.reads("Your browser keeps this page silent until you tap something.");
    await ben.press("Ring this device");
    await ben.reads("It arrived. This device rings.");
    expect(new Set(service.pushed.map(({ endpoint }) => endpoint)).size).toBe(2);
  });

  test.describe("with a ring of three seconds", () => {
    test.use({ more: { RING_SECONDS: "3" } });

    test("a browser that was away shows what it has missed when it is back, and does not ring after its time", async ({
      parish: { paxora, signIn, firefox },
      service,
    }) => {
      test.slow();
      const anna = await signIn("Anna Nowak");
      const ben = await firefox("Ben Carter", service.preferences);
      await anna.open(paxora.direct("Anna", "Ben"));
      await ben.goTo("/en/community/phone");
      await ben.reads(YES);
      await ben.goTo("/health");
      service.sendBrowsersAway();
      await anna.startCall();
      await expect(anna.afterwards).toBeVisible();
      await expect.poll(() => service.pushed.map(({ ttl }) => (ttl <= 3 ? "for the ring" : "for a day"))).toEqual([
        "for the ring",
        "for a day",
      ]);
      expect(service.pushed.map(({ urgency, topic }) => [urgency, topic])).toEqual(
        Array(2).fill(["high", service.pushed[0].topic]),
      );
      expect(await ben.cards()).toEqual([]);
      service.letBrowsersIn();
      await expect.poll(() => ben.cards(), { timeout: 30_000 }).toEqual([MISSED]);
      expect(service.acks.map(({ code }) => code)).toEqual([100]);
    });
  });

  test("the service is as strict as a real one, and what nobody can read shows a card", async ({
    parish: { firefox },
    service,
  }) => {
    test.slow();
    const sender = new PushSender();
    const ben = await firefox("Ben Carter", service.preferences);
    await ben.goTo("/en/community/phone");
    await ben.reads(YES);
    const subscription = await ben.subscribe(sender.key);
    await ben.goTo("/health");
    const status = async (how: Parameters<PushSender["send"]>[2], from = sender, to = subscription) =>
      (await from.send(to, "{", how)).status;

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
    expect(await ben.cards()).toEqual([]);

    service.answerNext(429, { "retry-after": "1" });
    expect(await status({})).toBe(429);
    expect(await status({})).toBe(201);
    await expect.poll(() => ben.cards()).toEqual([
      { title: "Paxora", body: "Open the app to see what is new.", actions: [] },
    ]);
    expect(service.acks.map(({ code }) => code)).toEqual([100]);
    service.withdraw(subscription.endpoint);
    expect(await status({})).toBe(410);
    expect(service.pushed).toHaveLength(1);
  });
});
