import type { Locator, Page } from "@playwright/test";
import { type Person, untilAlive } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

/** What nobody should have to do: read from side to side. Tables alone move by themselves. */
async function fits(page: Page, parts = ".call, .incoming"): Promise<void> {
  const wide = await page.evaluate((parts) => {
    const room = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll(`:is(${parts}), :is(${parts}) :not(table, table *)`)].filter((element) => {
      const { width, left, right } = element.getBoundingClientRect();
      // What is for screen readers only is one pixel wide.
      return width > 1 && getComputedStyle(element).visibility === "visible" && (left < -1 || right > room + 1);
    });
    const scrolls = document.documentElement.scrollWidth > room;
    return [...(scrolls ? ["the page"] : []), ...out.map(({ className, tagName }) => `${tagName}.${className}`)];
  }, parts);
  expect(wide, page.url()).toEqual([]);
}

/** Where something stands. */
async function boxOf(element: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await element.boundingBox();
  if (!box) throw new Error(`${element} is not seen`);
  return box;
}

test("the panel is moved with a pointer and with arrows, stays in the window, and is found where it was put", {
  tag: "@embedded",
}, async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  const place = async () => {
    const box = await boxOf(anna.call);
    return { x: Math.round(box.x), y: Math.round(box.y) };
  };
  const handle = anna.call.getByRole("button", { name: "Move the call with the arrow keys" });
  const before = await place();
  await handle.focus();
  await anna.page.keyboard.press("ArrowUp");
  await anna.page.keyboard.press("ArrowLeft");
  expect(await place()).toMatchObject({ x: before.x - 24, y: before.y - 24 });

  const grip = await boxOf(handle);
  await anna.page.mouse.move(grip.x + 10, grip.y + 10);
  await anna.page.mouse.down();
  await anna.page.mouse.move(grip.x - 190, grip.y + 10, { steps: 4 });
  await anna.page.mouse.up();
  expect(await place()).toMatchObject({ x: before.x - 224, y: before.y - 24 });

  // Never out of sight, wherever it is dragged and however small the window becomes.
  await handle.hover();
  await anna.page.mouse.down();
  await anna.page.mouse.move(-500, -500, { steps: 4 });
  await anna.page.mouse.up();
  const corner = await place();
  expect(corner.x).toBe(8);
  // Its height need not be a whole number.
  expect([8, 9]).toContain(corner.y);
  await anna.page.keyboard.press("ArrowLeft");
  expect(await place()).toEqual(corner);
  await anna.page.setViewportSize({ width: 900, height: 600 });
  await expect.poll(async () => (await place()).x).toBeGreaterThanOrEqual(8);
  await expect.poll(async () => (await place()).y).toBeGreaterThanOrEqual(0);

  await anna.reload();
  await anna.hears(ben);
  await expect.poll(async () => (await place()).x).toBe(8);
});

test("a call goes on in a window of its own, with its clock and its buttons, and comes back", { tag: "@embedded" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept();
  await ben.hears(anna);
  const opened = anna.page.context().waitForEvent("page");
  await anna.call.getByRole("button", { name: "Keep the call in front, in a window of its own" }).click();
  const picture = await opened;
  const call = picture.getByRole("region", { name: "Voice call" });
  await expect(call).toBeVisible();
  await expect(anna.call).toHaveCount(0);
  await expect(call.getByRole("timer")).toHaveText(/^0:\d\d$/);
  const then = await call.getByRole("timer").textContent();
  await expect(call.getByRole("timer")).not.toHaveText(then ?? "");
  // Its looks have come along.
  await expect(call).toHaveCSS("position", "fixed");

  await call.getByRole("button", { name: "Mute", exact: true }).click();
  await ben.hearsNothing();
  await picture.keyboard.press("m");
  await ben.hears(anna);
  await call.getByRole("button", { name: "Back into the page" }).click();
  await expect(anna.call).toBeVisible();
  await expect.poll(() => picture.isClosed()).toBe(true);

  // Closed by its own cross, and by the end of the call.
  const again = anna.page.context().waitForEvent("page");
  await anna.call.getByRole("button", { name: "Keep the call in front, in a window of its own" }).click();
  await (await again).close();
  await expect(anna.call).toBeVisible();
  await ben.hears(anna);
  const last = anna.page.context().waitForEvent("page");
  await anna.call.getByRole("button", { name: "Keep the call in front, in a window of its own" }).click();
  const gone = await last;
  await ben.hangUp();
  await expect.poll(() => gone.isClosed()).toBe(true);
  await expect(anna.callButton).toBeVisible();
});

test("what opens on a tap opens in the call's own window, and works there", { tag: "@embedded" }, async ({
  parish: { paxora, signIn },
}) => {
  const people = await Promise.all(["Anna Nowak", "Ben Carter", "Clara Ruiz"].map((name) => signIn(name)));
  const [anna, ben, clara] = people as [Person, Person, Person];
  for (const person of people) await person.open(paxora.channel("Choir"));
  await anna.startCall();
  for (const other of [ben, clara]) await other.accept();
  await ben.hears(anna);
  const opened = anna.page.context().waitForEvent("page");
  await anna.call.getByRole("button", { name: "Keep the call in front, in a window of its own" }).click();
  const picture = await opened;
  const call = picture.getByRole("region", { name: "Voice call" });
  const sheet = picture.getByRole("dialog");

  await call.getByRole("listitem").filter({ hasText: "Ben Carter" }).getByRole("button").click();
  await expect(sheet.getByRole("heading", { name: "Ben Carter" })).toBeVisible();
  await sheet.getByRole("button", { name: "Mute", exact: true }).click();
  await expect(ben.call.locator(".note-card")).toContainText("Anna Nowak muted your microphone");
  await expect(sheet).toBeHidden();

  await call.getByRole("button", { name: "More", exact: true }).click();
  await expect(sheet).toBeVisible();
  await picture.keyboard.press("Escape");
  await expect(sheet).toBeHidden();
  await expect(call.getByRole("timer")).toBeVisible();

  await call.getByRole("button", { name: "More", exact: true }).click();
  await sheet.getByRole("button", { name: "End the call for everybody" }).click();
  // Nothing happens to whoever presses once more.
  await expect(sheet.getByRole("button", { name: "Cancel" })).toBeFocused();
  await sheet.getByRole("button", { name: "End the call for everybody" }).click();
  await expect.poll(() => picture.isClosed()).toBe(true);
  for (const other of [ben, clara]) await expect(other.call.getByRole("timer")).toHaveCount(0);
});

test("on a phone the call fills the screen, is made small, and is a tap away on every page", { tag: "@embedded" }, async ({
  parish: { paxora, device, signIn },
}) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
  const [anna, ben] = [await signIn("Anna Nowak", await device("Anna Nowak", phone)), await signIn("Ben Carter")];
  for (const person of [anna, ben]) await person.open(paxora.direct("Anna", "Ben"));
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  expect(await anna.call.boundingBox()).toEqual({ x: 0, y: 0, ...phone.viewport });
  // What lies under it cannot be reached.
  await expect(anna.page.getByRole("textbox", { name: "Write a message" })).toBeHidden();

  await anna.call.getByRole("button", { name: "Make the call small" }).tap();
  await expect(anna.page.getByRole("textbox", { name: "Write a message" })).toBeVisible();
  await anna.page.getByRole("link", { name: "Back to all channels" }).tap();
  await anna.page.getByRole("link", { name: "Will this phone ring?" }).tap();
  await expect(anna.page.getByRole("heading", { name: "Will this phone ring?" })).toBeVisible();
  await expect(anna.call.getByRole("timer")).toHaveText(/^0:\d\d$/);
  await expect(anna.call).toContainText("Ben Carter");
  await anna.press("Mute");
  await ben.hearsNothing();
  await anna.call.getByRole("button", { name: "Back to the call" }).tap();
  expect(await anna.call.boundingBox()).toEqual({ x: 0, y: 0, ...phone.viewport });
});

test("nothing moves for who wants no motion, and Accept is found all the same", { tag: "@without-audio" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await expect(ben.ringing(anna)).toBeVisible();
  const moving = () => ben.page.evaluate(() => document.getAnimations().length);
  const of = (name: string) => ben.ringing(anna).getByRole("button", { name });
  const pulse = (name: string) =>
    of(name).evaluate((button) => button.getAnimations({ subtree: true }).map((one) => (one as CSSAnimation).animationName));
  await expect.poll(moving).toBeGreaterThan(0);
  // Of all that can be tapped, it alone draws the eye.
  await expect.poll(() => pulse("Accept")).toEqual(["ring-out"]);
  for (const name of ["Decline", "Silence"]) expect(await pulse(name)).toEqual([]);
  await ben.page.emulateMedia({ reducedMotion: "reduce" });
  await expect.poll(moving).toBe(0);
  expect(await pulse("Accept")).toEqual([]);
  await expect(of("Accept")).toBeInViewport();
  await ben.decline();
  await expect(anna.afterwards).toBeVisible();
});

/** A zone in which it is this hour now: a time of day is as wide as it can be from ten on. */
function zoneAt(hour: number): string {
  const ahead = ((hour - new Date().getUTCHours() + 36) % 24) - 12;
  // Their signs say how far it is from there to UTC.
  return `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

/** Letters of twice the size on a phone: on the smallest, unless it is so wide. */
async function largeLetters(page: Page, width = 320): Promise<void> {
  await page.setViewportSize({ width, height: 568 });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Page.setFontSizes", { fontSizes: { standard: 32 } });
}

test("letters of twice the size on the smallest phone need no scrolling sideways", { tag: "@embedded" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  for (const { page } of [anna, ben]) await largeLetters(page);
  await fits(anna.page);
  await anna.startCall();
  await expect(ben.ringing(anna)).toBeVisible();
  await fits(anna.page);
  await fits(ben.page);
  for (const name of ["Decline", "Silence", "Accept"]) {
    await expect(ben.ringing(anna).getByRole("button", { name })).toBeInViewport();
  }
  await ben.accept();
  await anna.hears(ben);
  await fits(anna.page);
  await anna.call.getByRole("button", { name: "Sound" }).click();
  await fits(anna.page);
  await anna.call.getByRole("button", { name: "Make the call small" }).click();
  await fits(anna.page);
  await anna.call.getByRole("button", { name: "Back to the call" }).click();
  await anna.hangUp();
  await expect(anna.afterwards).toBeVisible();
  await fits(anna.page);
});

test("letters of twice the size need none in a call with many either, nor on the pages of a common phone", { tag: "@embedded" }, async ({
  parish: { paxora, device, signIn },
}) => {
  test.slow();
  const inTheEvening = await device("Anna Nowak", { timezoneId: zoneAt(22) });
  const anna = await signIn("Anna Nowak", inTheEvening);
  const [ben, clara] = [await signIn("Ben Carter"), await signIn("Clara Ruiz")];
  const { page } = anna;
  await largeLetters(page);
  for (const person of [anna, ben, clara]) await person.open(paxora.channel("Choir"));
  await ben.write("Bartholomäus-Featherstonehaugh-Orgelkonzert");
  await anna.startCall();
  await ben.accept();
  await clara.accept();
  await expect(anna.call.getByRole("heading", { name: "3 people" })).toBeVisible();
  await fits(page);
  await anna.call.getByRole("listitem").filter({ hasText: "Ben Carter" }).getByRole("button").click();
  await expect(page.getByRole("dialog", { name: "Ben Carter" })).toBeVisible();
  await fits(page, ".call, dialog");
  await page.keyboard.press("Escape");
  await anna.hangUp();
  await expect(anna.afterwards).toBeVisible();

  await page.setViewportSize({ width: 390, height: 568 });
  const pages: [path: string, seen: Locator][] = [
    ["members", page.getByRole("button", { name: "Call Ben Carter" })],
    ["calls", page.getByRole("button", { name: /^Join|^Call back/ }).first()],
    [`chat?channel=${paxora.channel("Choir").id}&search=orgelkonzert`, page.locator("mark")],
    ["phone", page.getByRole("heading", { name: "What phones do not let us do" })],
  ];
  for (const [path, seen] of pages) {
    await untilAlive(page, () => page.goto(`${paxora.origin()}/en/community/${path}`));
    await expect(seen).toBeVisible();
    await fits(page, "main");
  }
  const visitor = await (await device()).context.newPage();
  await largeLetters(visitor);
  await visitor.goto(`${paxora.origin()}/en/sign-in`);
  await visitor.getByText("Sign in with a code from another device").click();
  await fits(visitor, "main");
});

test("on the largest screen the chat, a ring and a call stay within it", { tag: "@embedded" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  for (const { page } of [anna, ben]) {
    await page.setViewportSize({ width: 3840, height: 2160 });
    await fits(page, ".community");
  }
  await anna.startCall();
  await expect(ben.ringing(anna)).toBeInViewport({ ratio: 1 });
  await ben.accept();
  await anna.hears(ben);
  for (const person of [anna, ben]) {
    await expect(person.call).toBeInViewport({ ratio: 1 });
    await fits(person.page, ".community, .call");
  }
});

test("the head of a channel leaves room for its name on every phone", { tag: "@without-audio" }, async ({
  parish: { paxora, signIn },
}) => {
  const ben = await signIn("Ben Carter");
  const { page } = ben;
  for (const channel of [paxora.channel("Choir"), paxora.direct("Anna", "Ben")]) {
    await ben.open(channel);
    for (const width of [360, 390, 412]) {
      await page.setViewportSize({ width, height: 740 });
      await fits(page);
      expect((await boxOf(page.getByRole("heading", { level: 1 }))).width, `${channel.kind}, ${width}`).toBeGreaterThanOrEqual(72);
    }
  }
});

test("on a phone the offer of the ring's sound covers nothing that is read, written or pressed", {
  tag: "@without-audio",
}, async ({ parish: { paxora, signIn } }) => {
  const ben = await signIn("Ben Carter");
  const { page } = ben;
  const clear = async (...elements: Locator[]) => {
    const chip = await boxOf(page.locator(".ring-sound"));
    for (const element of elements) {
      const box = await boxOf(element);
      const apart = box.y + box.height <= chip.y || chip.y + chip.height <= box.y;
      expect(apart, `${element} ${JSON.stringify([box, chip])}`).toBe(true);
    }
  };
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 700 });
    await ben.open(paxora.channel("Choir"));
    await clear(page.locator(".channel-head"), page.locator(".composer"), ben.timeline);
    await untilAlive(page, () => page.goto(`${paxora.origin()}/en/community/chat`));
    await clear(page.locator(".sidebar-head"), page.locator(".sidebar-lists"), page.locator(".sidebar-foot"));
  }
});
