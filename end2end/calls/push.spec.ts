import type { Page } from "@playwright/test";
import { untilAlive } from "../support/person.ts";
import { Phone } from "../support/phone.ts";
import { expect, test } from "../support/push.ts";
import { lookAway, sometimesHidden, tellOfBadge } from "../support/spy.ts";

const RING = "Incoming call from Anna Nowak";
const MISSED = "Missed call from Anna Nowak";

test("who presses Answer on a card while nothing is open talks at once", { tag: "@embedded" }, async ({
  parish: { paxora, signIn },
  phone,
}) => {
  const [anna, ben] = [await signIn("Anna Nowak"), await phone(await signIn("Ben Carter"))];
  await anna.open(paxora.direct("Anna", "Ben"));
  await ben.leave();
  await anna.startCall();
  await ben.shows(RING, "Voice call");
  const call = ben.received[0].notification.data;
  const window = await ben.tapOn(`voice-call-${call.callId}`, "answer");
  expect(window).toBe(call.url);
  expect(await ben.cards()).toEqual([]);
  await ben.open(window);
  await ben.person.hears(anna);
  await anna.hears(ben.person);
});

test("a link answers nothing, whatever it says and whoever wrote it", { tag: "@without-audio" }, async ({ parish: { paxora, signIn } }) => {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  const direct = paxora.direct("Anna", "Ben");
  await anna.open(direct);
  await anna.startCall();
  const call = await anna.activeCall();
  await ben.page.goto(`${paxora.origin()}/en/community/chat?channel=${direct.id}&callId=${call?.id}&answer=1`);
  await expect(ben.ringing(anna)).toBeVisible();
  await ben.touch();
  // It rings on until somebody at this device does something about it.
  await ben.decline();
  await expect(anna.timeline.getByText("Declined")).toBeVisible();
});

test.describe("a phone that is reached by push", { tag: "@without-audio" }, () => {
  test("rings while nothing is open, and the call rings on in the window that a tap opens, or the start page", async ({
    parish: { paxora, signIn },
    phone,
  }) => {
    const [anna, ben] = [await signIn("Anna Nowak"), await phone(await signIn("Ben Carter"))];
    await anna.open(paxora.direct("Anna", "Ben"));
    await ben.leave();

    await anna.startCall();
    await ben.shows(RING);
    // The worker has told that it shows the ring: nobody else could have.
    await expect(anna.call.getByText("Ringing…").first()).toBeVisible();
    await ben.tap();
    // As iOS does.
    await ben.person.page.goto(`${ben.origin}/`);
    await expect(ben.person.ringing(anna)).toBeVisible();
    await anna.hangUp();
    await expect(ben.person.ringing()).toBeHidden();
    await ben.shows(MISSED);

    await ben.leave();
    await anna.startCall();
    await expect.poll(() => ben.rings).toBe(2);
    await expect.poll(async () => (await ben.cards()).map(({ title }) => title)).toContain(RING);
    const { callId } = ben.received.at(-1)!.notification.data;
    const address = await ben.open(await ben.tapOn(`voice-call-${callId}`));
    expect(address.searchParams.get("callId")).toBe(callId);
    expect(address.searchParams.get("channel")).toBe(paxora.direct("Anna", "Ben").id);
    await ben.person.accept(anna);
    await expect(ben.person.call.getByRole("timer")).toBeVisible();
    await expect(anna.call.getByRole("timer")).toBeVisible();
  });

  test("answers from its card in the window that is open, whatever that shows", async ({
    parish: { paxora, signIn },
    phone,
  }) => {
    const [anna, ben] = [await signIn("Anna Nowak"), await phone(await signIn("Ben Carter"))];
    const direct = paxora.direct("Anna", "Ben");
    await anna.open(direct);
    await ben.person.open(paxora.channel("Choir"));
    await anna.startCall();
    await ben.shows(RING);
    await ben.tap("answer");
    expect(await ben.happened()).toContain("focus");
    await expect(ben.person.call.getByRole("timer")).toBeVisible();
    await expect(ben.person.page).toHaveURL((url) => url.searchParams.get("channel") === direct.id);
    await expect(ben.person.page).not.toHaveURL(/answer/);
    await expect(anna.call.getByRole("timer")).toBeVisible();
  });

  test("declines from its card while nothing is open, and the caller reads so", async ({
    parish: { paxora, signIn, signInAgain },
    phone,
  }) => {
    const [anna, ben] = [await signIn("Anna Nowak"), await phone(await signIn("Ben Carter"))];
    const laptop = await signInAgain("Ben Carter");
    await anna.open(paxora.direct("Anna", "Ben"));
    await laptop.open(paxora.channel("Choir"));
    await ben.leave();
    await anna.startCall();
    await ben.shows(RING);
    await expect(laptop.ringing(anna)).toBeVisible();
    await ben.tap("decline");
    await expect(anna.afterwards.getByText("Declined").first()).toBeVisible();
    await expect(laptop.ringing()).toBeHidden();
    expect(await ben.cards()).toEqual([]);
  });

  test("is counted once, with the other devices, and learns that another one has answered", async ({
    parish: { paxora, signIn, signInAgain },
    phone,
  }) => {
    const [anna, ben] = [await signIn("Anna Nowak"), await phone(await signIn("Ben Carter"))];
    const laptop = await phone(await signInAgain("Ben Carter"));
    await anna.open(paxora.direct("Anna", "Ben"));
    await laptop.person.open(paxora.channel("Choir"));
    await ben.leave();
    await anna.startCall();
    // The laptop shows it on its page, and by its worker as well.
    await ben.shows(RING);
    await laptop.shows(RING);
    await expect(anna.call.getByText("Ringing on 2 devices").first()).toBeVisible();
    await laptop.person.accept(anna);
    await ben.shows(RING, "Answered on another device");
    expect(await ben.card()).toMatchObject({ silent: true, actions: [], data: { kind: "over" } });
    // Where it was answered, no card is left.
    await expect.poll(() => laptop.cards()).toEqual([]);
    expect(laptop.received.map(({ notification }) => notification.data.kind)).toEqual(["ring"]);
  });

  test("tells of a message that nobody reads, quietly, and a tap leads there", async ({ parish: { paxora, signIn }, phone }) => {
    const [anna, ben] = [await signIn("Anna Nowak"), await phone(await signIn("Ben Carter"))];
    const direct = paxora.direct("Anna", "Ben");
    await anna.open(direct);
    await ben.leave();
    await anna.write("Are you coming on Sunday?");
    await ben.shows("Anna Nowak", "Are you coming on Sunday?");
    expect(await ben.card()).toMatchObject({ requireInteraction: false, actions: [], tag: `channel-${direct.id}` });
    const address = await ben.open(await ben.tapOn(`channel-${direct.id}`));
    expect(address.searchParams.get("channel")).toBe(direct.id);
    await expect(ben.person.line("Are you coming on Sunday?")).toBeVisible();
  });

  test("tells whoever is named in a channel, if they want no more, and nobody of one they want to hear nothing of", async ({
    parish: { paxora, signIn },
    phone,
  }) => {
    test.slow();
    const choir = paxora.channel("Choir");
    const anna = await signIn("Anna Nowak");
    const [ben, clara] = [await phone(await signIn("Ben Carter")), await phone(await signIn("Clara Ruiz"))];
    const choices = [[ben, "Only when somebody names me"], [clara, "Nothing"]] as const;
    for (const [{ person }, choice] of choices) {
      await person.open(choir);
      await person.page.getByRole("button", { name: "Notifications: Every message" }).click();
      await person.page.getByRole("button", { name: choice }).click();
      await expect(person.page.getByRole("button", { name: `Notifications: ${choice}` })).toBeVisible();
    }
    for (const device of [ben, clara]) await device.leave();
    await anna.open(choir);
    await anna.write("We begin at seven.");
    await anna.write("Can you open, @Ben Carter, or you, @Clara Ruiz?");
    await ben.shows("Anna Nowak · Choir", "Can you open, @Ben Carter, or you, @Clara Ruiz?");
    // Whatever was to come before this has come.
    await anna.open(paxora.channel("Parish"));
    await anna.write("Welcome, @Clara Ruiz!");
    await clara.shows("Anna Nowak · Parish", "Welcome, @Clara Ruiz!");
    expect([ben.received.length, clara.received.length]).toEqual([1, 1]);
  });

  test("is left alone once somebody has signed out on it", async ({ parish: { paxora, signIn, signInAgain }, phone, service }) => {
    const [anna, ben] = [await signIn("Anna Nowak"), await phone(await signIn("Ben Carter"))];
    const laptop = await phone(await signInAgain("Ben Carter"));
    await anna.open(paxora.direct("Anna", "Ben"));
    await ben.person.page.goto(`${ben.origin}/en/community/chat`);
    await ben.person.page.getByRole("button", { name: "Sign out" }).click();
    await expect(ben.person.page).toHaveURL(/sign-in/);
    await laptop.leave();
    await anna.startCall();
    await laptop.shows(RING);
    await anna.hangUp();
    await laptop.shows(MISSED);
    expect(ben.received).toEqual([]);
    // Nor does the server try.
    expect(service.refused).toEqual([]);
    expect(service.pushed.map(({ endpoint }) => endpoint)).toEqual([laptop.endpoint, laptop.endpoint]);
  });

  test("keeps the card with its buttons if its page, which may not be heard, rings by a card as well", async ({
    parish: { paxora, signIn, device },
    service,
  }) => {
    const phone = await device("Ben Carter");
    await phone.context.addInitScript(sometimesHidden, true);
    const [anna, ben] = [await signIn("Anna Nowak"), await Phone.start(await signIn("Ben Carter", phone), paxora, service)];
    await anna.open(paxora.direct("Anna", "Ben"));
    await ben.person.open(paxora.channel("Choir"));
    await ben.happened();
    await anna.startCall();
    await ben.shows(RING);
    await expect(ben.person.page).toHaveTitle("☎ Anna Nowak calls");
    // The page has waited whether another tab is heard, and has had its turn.
    await expect(ben.person.page).not.toHaveTitle(/☎/);
    await expect(ben.person.page).toHaveTitle("☎ Anna Nowak calls");
    expect((await ben.card()).actions.map(({ action }) => action)).toEqual(["answer", "decline"]);
  });

  test("has a card that leads back to a call while its page is hidden", async ({
    parish: { paxora, signIn, device },
    service,
  }) => {
    const phone = await device("Ben Carter");
    await phone.context.addInitScript(sometimesHidden, false);
    const [anna, ben] = [await signIn("Anna Nowak"), await Phone.start(await signIn("Ben Carter", phone), paxora, service)];
    const { page } = ben.person;
    const direct = paxora.direct("Anna", "Ben");
    await anna.open(direct);
    await ben.person.open(direct);
    await anna.startCall();
    await ben.person.accept(anna);
    await expect(ben.person.call.getByRole("timer")).toBeVisible();
    await page.getByRole("link", { name: /^Choir/ }).click();
    await expect(page).not.toHaveURL(new RegExp(direct.id));

    await lookAway(page, true);
    await ben.shows("Your call goes on", "Anna Nowak");
    await ben.tap();
    expect(await ben.happened()).toContain("focus");
    await expect(page).toHaveURL(new RegExp(direct.id));
    await lookAway(page, false);
    await lookAway(page, true);
    await ben.shows("Your call goes on");
    await lookAway(page, false);
    await expect.poll(() => ben.cards()).toEqual([]);
    await lookAway(page, true);
    await ben.shows("Your call goes on");
    await anna.hangUp();
    await expect.poll(() => ben.cards()).toEqual([]);
  });

  test("has a number on its icon, of missed calls and messages, that goes where another device has read", async ({
    parish: { paxora, signIn, signInAgain, device },
    phone,
  }) => {
    const there = await device("Ben Carter");
    await there.context.addInitScript(tellOfBadge);
    const badges: number[] = [];
    there.context.on("console", (message) => {
      const [, count] = message.text().match(/^badge (\d+)$/) ?? [];
      if (count) badges.push(Number(count));
    });
    const anna = await signIn("Anna Nowak");
    const laptop = await signIn("Ben Carter", there);
    const tablet = await phone(await signInAgain("Ben Carter"));
    const direct = paxora.direct("Anna", "Ben");
    await anna.open(direct);
    await laptop.open(paxora.channel("Choir"));
    // Only calls have cards here.
    const quiet = { channel: direct.id, notices: "none" };
    expect((await laptop.page.request.post(`${paxora.origin()}/api/set_notices`, { data: quiet })).status()).toBe(200);
    await tablet.leave();
    // What the demo parish begins with.
    const unseen = async () => (await laptop.get("/api/push/badge")).json();
    await expect.poll(async () => [badges.at(-1), (await unseen()).badge]).toEqual([1, 1]);

    await anna.page.getByRole("textbox", { name: "Write a message" }).fill("Are you there?");
    await anna.page.getByRole("button", { name: "Send" }).click();
    await expect.poll(() => badges.at(-1)).toBe(2);
    await anna.startCall();
    await tablet.shows(RING);
    expect(tablet.received.at(-1)?.notification.app_badge).toBe("2");
    await anna.hangUp();
    await tablet.shows(MISSED);
    expect(tablet.received.at(-1)?.notification.app_badge).toBe("3");
    await expect.poll(() => badges.at(-1)).toBe(3);
    expect(await unseen()).toEqual({ missed: 1, unread: 2, badge: 3 });

    await tablet.person.open(direct);
    const began = performance.now();
    await expect(tablet.person.timeline.getByText("Missed call")).toBeVisible();
    await expect.poll(() => badges.at(-1), { intervals: [20] }).toBe(1);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(await unseen()).toEqual({ missed: 0, unread: 1, badge: 1 });
  });
});

test.describe("callers", { tag: "@without-audio" }, () => {
  test("read that whom they call is on another call, who has a quiet card and can switch", async ({
    parish: { paxora, annaAndBen, signIn },
  }) => {
    const [anna, ben] = await annaAndBen();
    const clara = await signIn("Clara Ruiz");
    await clara.open(paxora.channel("Parish"));
    await anna.startCall();
    await ben.accept(anna);
    await expect(anna.call.getByRole("timer")).toBeVisible();

    await clara.startCallTo(ben);
    await expect(clara.call.getByText("Ben Carter is on another call").first()).toBeVisible();
    await expect(ben.ringing(clara).getByText("Accepting leaves the call you are in.")).toBeVisible();
    await expect(ben.call.getByRole("timer")).toBeVisible();
    await ben.accept(clara);
    await expect(clara.call.getByRole("timer")).toBeVisible();
    await expect(anna.call).toBeHidden();
    await expect(ben.ringing()).toBeHidden();
    await expect(ben.call.getByText("Clara Ruiz").first()).toBeVisible();
  });
});

test.describe("with a ring of three seconds", { tag: "@without-audio" }, () => {
  test.use({ more: { RING_SECONDS: "3" } });

  test("who is blocked rings nowhere and reads that nobody answers, until they are let in again", async ({
    parish: { annaAndBen, signInAgain },
    phone,
  }) => {
    const [anna, ben] = await annaAndBen();
    const pocket = await phone(await signInAgain("Ben Carter"));
    await pocket.leave();
    await ben.touch();
    const profile = ben.page.getByRole("dialog", { name: "Anna Nowak" });
    const setTo = async (button: string, sentence: string) => {
      await ben.page.getByRole("button", { name: "About Anna Nowak" }).click();
      await profile.getByRole("button", { name: button }).click();
      await expect(profile.getByText(sentence)).toBeVisible();
      await profile.getByRole("button", { name: "Close" }).click();
      await expect(profile).toBeHidden();
    };
    await setTo("Block their calls", "Calls from Anna Nowak do not ring on your phones.");
    await anna.startCall();
    await expect(anna.afterwards.getByText("No answer").first()).toBeVisible();
    await expect(anna.afterwards.getByRole("button", { name: "Leave a message" })).toBeVisible();
    expect([ben.tones.begun, pocket.received, await pocket.cards()]).toEqual([[], [], []]);

    await setTo("Let their calls ring again", "Calls from Anna Nowak ring on your phones.");
    await anna.afterwards.getByRole("button", { name: "Call again" }).click();
    await expect(ben.ringing(anna)).toBeVisible();
    await pocket.shows(RING);
    await expect.poll(() => ben.tones.begun).toEqual(["ringtone"]);
  });

  test("after ten calls that end in any way, nothing rings anywhere", async ({
    parish: { paxora, signIn, signInAgain, account },
    phone,
  }) => {
    const anna = await account("Anna Nowak");
    const laptop = await signIn("Ben Carter");
    const tablet = await phone(await signInAgain("Ben Carter"));
    const pocket = await phone(await signInAgain("Ben Carter"));
    const direct = paxora.direct("Anna", "Ben");
    await laptop.open(direct);
    await tablet.person.open(paxora.channel("Choir"));
    await pocket.leave();
    const random = dice(20_261_126);
    const ends = ["cancelled", "cancelled at once", "declined", "declined by a card", "answered", "answered by a card", "missed"];
    const done: string[] = [];
    for (let round = 0; round < 10; round++) {
      // Each once, and then any.
      const end = ends[round] ?? ends[random(ends.length)];
      done.push(end);
      await test.step(`call ${round + 1}: ${end}`, async () => {
        const { call } = await anna.startCall(direct);
        const card = `voice-call-${call.id}`;
        if (end === "cancelled at once") return anna.hangUp(call);
        await expect(laptop.ringing()).toBeVisible();
        if (random(2)) await expect(tablet.person.ringing()).toBeVisible();
        if (end.endsWith("by a card")) await expect.poll(() => pocket.kindOf(card)).toBe("ring");
        if (end === "cancelled") await anna.hangUp(call);
        if (end === "declined") await (random(2) ? laptop : tablet.person).decline();
        if (end === "declined by a card") await pocket.tapOn(card, "decline");
        if (end === "answered") await (random(2) ? laptop : tablet.person).accept();
        if (end === "answered by a card") {
          await pocket.open(await pocket.tapOn(card, "answer"));
          await expect(pocket.person.call.getByRole("timer")).toBeVisible();
          await pocket.leave();
        }
        if (end.startsWith("answered")) await anna.hangUp(call);
        await expect.poll(() => anna.isOver(call)).toBe(true);
      });
    }
    for (const { page } of [laptop, tablet.person]) await expect(page.getByRole("alertdialog")).toHaveCount(0);
    const rings = async () => [...(await tablet.cards()), ...(await pocket.cards())].filter(({ data }) => data.kind === "ring");
    await expect.poll(rings, { message: done.join(", ") }).toEqual([]);
    expect(await laptop.activeCall()).toBeNull();
    expect(pocket.rings).toBeGreaterThanOrEqual(8);
  });
});

test.describe("the page Will this phone ring?", { tag: "@without-audio" }, () => {
  const verdict = (page: Page) => page.locator(".phone-verdict");
  const NO = "Not while Paxora is closed. See below what is missing.";
  const YES = "Yes. This device rings, even while Paxora is closed.";

  test("is where the offer leads, asks by a tap, rings for a test, and tells what is wrong", async ({
    parish: { paxora, signIn, device },
    service,
  }) => {
    const mine = await device("Ben Carter");
    await mine.context.addInitScript(undecided);
    const ben = await Phone.fresh(await signIn("Ben Carter", mine), paxora, service);
    const { page } = ben.person;
    await page.goto(`${ben.origin}/en/community/chat`);
    await page.getByRole("link", { name: "Let it ring" }).click();
    await expect(page).toHaveURL(/\/en\/community\/phone$/);
    await expect(verdict(page)).toHaveText(NO);
    expect(await ben.device()).toMatchObject({ subscribed: false });

    await page.getByRole("button", { name: "Let this device ring" }).click();
    await expect(verdict(page)).toHaveText(YES);
    expect(await ben.device()).toMatchObject({ subscribed: true });
    await page.getByRole("button", { name: "Ring this device" }).click();
    await expect(page.getByText("It arrived. This device rings.")).toBeVisible();
    await ben.shows("This is a test ring", "Calls will ring on this device.");
    await expect(page.getByText("Just now.")).toBeVisible();

    // The service does not know it any more, without a word to the browser.
    service.withdraw(ben.endpoint);
    await page.getByRole("button", { name: "Ring this device" }).click();
    await expect(page.getByText("Notifications are allowed, but this device cannot be reached yet.")).toBeVisible();
    await expect(verdict(page)).toHaveText(NO);
    expect(await ben.device()).toMatchObject({ subscribed: false });
    await page.getByRole("button", { name: "Let this device ring" }).click();
    await expect(verdict(page)).toHaveText(YES);
    await page.getByRole("button", { name: "Ring this device" }).click();
    await expect.poll(() => ben.received.length).toBe(2);
    await expect(page.getByText("It arrived. This device rings.")).toBeVisible();
  });

  test("is offered on a device that is not reached, until somebody does not want it there", async ({
    parish: { paxora, signIn, device },
  }) => {
    const mine = await device("Ben Carter");
    await mine.context.addInitScript(undecided);
    const ben = await signIn("Ben Carter", mine);
    const { page } = ben;
    await ben.open(paxora.channel("Choir"));
    await expect(page.getByText("Calls do not ring on this device while Paxora is closed.")).toBeVisible();
    await page.getByRole("button", { name: "Not on this device" }).click();
    await expect(page.getByRole("link", { name: "Let it ring" })).toBeHidden();
    await ben.reload();
    await ben.touch();
    await expect(page.getByRole("link", { name: "Let it ring" })).toBeHidden();
  });

  test("says where permission can be given back that was refused", async ({ parish: { paxora, signIn } }) => {
    const ben = await signIn("Ben Carter");
    await ben.page.addInitScript(() => Object.defineProperty(Notification, "permission", { get: () => "denied" }));
    // Whatever Playwright looks at counts as touched: only a page that is alive knows that nobody has touched it.
    await untilAlive(ben.page, () => ben.page.goto(`${paxora.origin()}/en/community/phone`));
    await expect(verdict(ben.page)).toHaveText(NO);
    await expect(ben.page.getByText(/^Notifications are blocked for Paxora\. Open the settings/)).toBeVisible();
    await expect(ben.page.getByRole("button", { name: "Let this device ring" })).toBeHidden();
    // Nothing lies over the page that stands on it already.
    await expect(ben.page.getByRole("button", { name: "Turn on ring sound" })).toHaveCount(1);
  });

  test("shows how the app gets onto a phone's home screen, without which an iPhone does not ring", async ({
    parish: { paxora, signIn, device },
  }) => {
    const open = async (name: string, userAgent: string) => {
      const { page } = await signIn(name, await device(name, { userAgent }));
      await page.addInitScript(() => {
        // An iPhone has none for an app that is not on the home screen.
        if (navigator.userAgent.includes("iPhone")) Reflect.deleteProperty(window, "PushManager");
      });
      await page.goto(`${paxora.origin()}/en/community/phone`);
      return page;
    };
    const iPhone = await open("Ben Carter", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1");
    await expect(verdict(iPhone)).toHaveText(NO);
    await expect(iPhone.getByText(/^On an iPhone or iPad, Paxora rings once it is on the home screen/)).toBeVisible();
    await expect(iPhone.getByText("Choose “Add to Home Screen”.")).toBeVisible();
    await expect(iPhone.getByRole("button", { name: "Let this device ring" })).toBeHidden();
    const android = await open("Anna Nowak", "Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/156.0.0.0 Mobile Safari/537.36");
    await expect(android.getByText("Choose “Install app” or “Add to Home screen”.")).toBeVisible();
  });
});

/** Runs in a page before anything else does: the browser would ask the person, who says yes. */
function undecided(): void {
  const KEPT = "whether cards may be shown";
  Object.defineProperty(Notification, "permission", { get: () => localStorage.getItem(KEPT) ?? "default" });
  Notification.requestPermission = async () => {
    // Only a tap may ask.
    if (navigator.userActivation.isActive) localStorage.setItem(KEPT, "granted");
    return Notification.permission;
  };
}

/** Numbers from 0 to below `sides` that look random, and are the same ones every time (mulberry32). */
function dice(seed: number): (sides: number) => number {
  return (sides) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * sides);
  };
}
