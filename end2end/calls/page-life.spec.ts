import { expect, say, test } from "../support/test.ts";

test("links that a telephone, a mail program or a download answers end no call", { tag: "@embedded" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await ben.page.context().route("**/songs.pdf", (route) =>
    route.fulfill({ headers: { "content-disposition": "attachment; filename=songs.pdf" }, body: "songs" }),
  );
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  await ben.page.evaluate(() => {
    Object.assign(window, { unloads: 0 });
    window.addEventListener("beforeunload", () => (window as unknown as { unloads: number }).unloads++);
    for (const href of ["tel:+48123456789", "mailto:office@parish.example", "/songs.pdf"]) {
      const link = Object.assign(document.createElement("a"), { href, rel: "external", textContent: href });
      document.body.prepend(link);
    }
  });
  const unloads = () => ben.page.evaluate(() => (window as unknown as { unloads: number }).unloads);
  for (const link of ["tel:+48123456789", "mailto:office@parish.example"]) {
    const before = await unloads();
    await ben.page.getByRole("link", { name: link }).evaluate((link: HTMLElement) => link.click());
    await expect.poll(unloads, { message: link }).toBe(before + 1);
  }
  const download = ben.page.waitForEvent("download");
  await ben.page.getByRole("link", { name: "/songs.pdf" }).evaluate((link: HTMLElement) => link.click());
  await download;

  await anna.hears(ben);
  await ben.hears(anna);
  await expect(anna.call).not.toContainText("Ben Carter is coming back");
  expect(await ben.connections()).toBe(1);
});

test("who closes the page is missing on the others' roster at once, and is back if it is opened soon", async ({
  parish: { paxora, annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);

  const began = performance.now();
  await ben.page.goto("about:blank");
  await expect(anna.call).toContainText("Ben Carter is coming back", { timeout: 5_000 });
  say("a closed page was missing after", [performance.now() - began]);
  await ben.open(paxora.direct("Anna", "Ben"));
  await anna.hears(ben);
  await ben.hears(anna);
  await expect(anna.call).not.toContainText("Ben Carter is coming back");
});

test("a page that the browser froze, which ends its connection, comes back by itself", { tag: "@embedded" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  // No test can freeze a page; LiveKit hangs up in the moment in which it is told so.
  await ben.page.evaluate(() => window.dispatchEvent(new Event("freeze")));
  await expect.poll(() => ben.connections()).toBe(2);
  await anna.hears(ben);
  await ben.hears(anna);
});

test("who opens the page again when the call is over is in none", { tag: "@embedded" }, async ({
  parish: { paxora, annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  await ben.page.goto("about:blank");
  await anna.hangUp();
  await ben.open(paxora.direct("Anna", "Ben"));
  await expect(ben.callButton).toBeEnabled();
  await expect(ben.call).toBeHidden();
  // Not later, either, when another call of theirs goes on somewhere.
  await expect.poll(() => ben.page.evaluate(() => sessionStorage.getItem("paxora-call"))).toBeNull();
});

test("who opens the page again too late is asked whether to join, and not put back into the call", {
  tag: ["@long", "@embedded"],
}, async ({ parish: { paxora, signIn } }) => {
  test.setTimeout(150_000);
  const choir = paxora.channel("Choir");
  const [anna, ben, clara] = await Promise.all(["Anna Nowak", "Ben Carter", "Clara Ruiz"].map((name) => signIn(name)));
  for (const person of [anna, ben, clara]) await person.open(choir);
  await anna.startCall();
  await ben.accept();
  await clara.accept();
  await anna.hears(ben);

  await ben.page.goto("about:blank");
  const his = anna.call.getByRole("listitem").filter({ hasText: "Ben Carter" });
  await expect(his).toContainText("Left", { timeout: 75_000 });
  await ben.open(choir);
  const join = ben.page.getByRole("button", { name: "Join · 2 people" });
  await expect(join).toBeVisible();
  await expect(ben.call).toBeHidden();
  await join.click();
  await anna.hears(ben);
});

test("the lock screen and a headset mute and hang up, and the screen stays on as long as the call", {
  tag: "@without-audio",
}, async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  await anna.page.evaluate(() => {
    const buttons: Record<string, (() => void) | null> = {};
    const told = { buttons, screens: [] as { released: boolean }[], active: [] as boolean[] };
    Object.assign(window, { told });
    navigator.mediaSession.setActionHandler = (action, handler) => {
      buttons[action] = handler && (() => handler({ action }));
    };
    Object.assign(navigator.mediaSession, { setMicrophoneActive: (active: boolean) => told.active.push(active) });
    const request = async () => {
      const screen = { released: false, release: async () => void (screen.released = true) };
      told.screens.push(screen);
      return screen;
    };
    Object.defineProperty(navigator, "wakeLock", { value: { request } });
  });
  type Told = { buttons: Record<string, (() => void) | null>; screens: { released: boolean }[]; active: boolean[] };
  const told = () =>
    anna.page.evaluate(() => {
      const { buttons, screens, active } = (window as unknown as { told: Told }).told;
      const names = Object.entries(buttons).flatMap(([name, handler]) => (handler ? [name] : []));
      const title = navigator.mediaSession.metadata?.title ?? null;
      return { names, on: screens.filter(({ released }) => !released).length, heard: active.at(-1), title };
    });
  const press = (name: string) =>
    anna.page.evaluate((name) => (window as unknown as { told: Told }).told.buttons[name]?.(), name);

  await anna.startCall();
  await ben.accept();
  const both = ["hangup", "togglemicrophone"];
  await expect.poll(told).toEqual({ names: both, on: 1, heard: true, title: "Ben Carter" });
  await press("togglemicrophone");
  await expect(anna.call.getByRole("button", { name: "Unmute", exact: true })).toBeVisible();
  await expect.poll(told).toMatchObject({ heard: false });

  // Whoever looks away lets the screen go dark, and has it again when they are back.
  await anna.page.evaluate(() => {
    const [screen] = (window as unknown as { told: Told }).told.screens;
    screen.released = true;
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  });
  await expect.poll(told).toMatchObject({ on: 1 });
  await press("hangup");
  await expect(ben.ringing()).toBeHidden();
  await expect.poll(told).toMatchObject({ names: [], on: 0, title: null });
});

test("a page whose program has ended is loaded again, and works", { tag: "@without-audio" }, async ({ parish: { paxora, device, signIn } }) => {
  const phone = await device("Anna Nowak");
  const anna = await signIn("Anna Nowak", phone);
  await anna.open(paxora.direct("Anna", "Ben"));
  // Nothing that people do ends it, we hope: it is told to bring a page to life that lives already.
  const end = async () => {
    const app = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/app.js"));
    const { hydrate } = await import(app!.name);
    setTimeout(hydrate);
  };
  // Of the page that comes, not of the one that goes.
  const again = anna.page.waitForEvent("framenavigated");
  const alive = again.then(() => anna.page.waitForRequest(/\/api\/(events|live)\b/));
  await Promise.all([alive, anna.page.evaluate(end)]);
  // Said by what is built for development; what is released ends without a word.
  phone.deaths.length = 0;
  await anna.startCall();
  await expect(anna.call).toContainText("Calling");
});

for (const state of ["hidden", "visible"]) {
  test(`a page that is opened ${state}, and never drawn, rings all the same`, { tag: "@without-audio" }, async ({
    parish: { paxora, device, signIn },
  }) => {
    const phone = await device("Ben Carter");
    await phone.context.addInitScript((hidden) => {
      // As behind another window: what is to come before the next frame does not come.
      window.requestAnimationFrame = () => 0;
      Object.defineProperty(document, "hidden", { get: () => hidden });
    }, state === "hidden");
    const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter", phone)];
    const direct = paxora.direct("Anna", "Ben");
    await ben.open(direct);
    await anna.open(direct);
    await anna.startCall();
    await expect(ben.ringing(anna)).toBeVisible();
  });
}

test("the screen of a call comes a moment later if it could not be fetched at first", async ({ parish: { paxora, signIn } }) => {
  const anna = await signIn("Anna Nowak");
  let refused = 0;
  await anna.page.context().route("**/split_call.wasm", (route) => (refused++ < 2 ? route.abort() : route.continue()));
  await anna.open(paxora.direct("Anna", "Ben"));
  await anna.startCall();
  await expect(anna.call).toContainText("Calling");
  expect(refused).toBeGreaterThan(2);
});

test("a call comes about though the voice client could not be fetched at first, if need be by a new page", {
  tag: "@embedded",
}, async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  let [asked, loaded] = [0, false];
  await anna.page.context().route("**/assets/voice*", (route) => (asked++ < 1 ? route.abort() : route.continue()));
  await ben.page.context().route("**/assets/voice*", (route) => (loaded ? route.continue() : route.abort()));
  ben.page.once("load", () => (loaded = true));
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  await ben.hears(anna);
  expect([asked, loaded]).toEqual([2, true]);
});
