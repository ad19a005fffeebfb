import type { Page } from "@playwright/test";
import { crowd, join } from "./crowd.ts";
import { Microphone, standIn } from "./microphone.ts";
import { held, intercept } from "./network.ts";
import { judge } from "./quality.ts";
import type { Parish } from "./test.ts";
import { expect } from "./test.ts";

/** Looks at one state of a page: in pictures, or with a checker. What is over soon is `brief`. */
export type Look = (state: string, page: Page, brief?: "brief") => Promise<void>;

/** Every state of a call until somebody answers, and every end without an answer. */
export async function untilAnAnswer({ paxora, annaAndBen, signIn }: Parish, look: Look): Promise<void> {
  const [anna, ben] = await annaAndBen();
  await look("idle", anna.page);

  const started = await held(anna.page, "/api/voice/initiate_call");
  await anna.startCall();
  await started.arrived;
  await look("calling", anna.page);
  started.letGo();
  await expect(ben.ringing(anna)).toBeVisible();
  await expect(anna.call).toContainText("Ringing");
  await look("ringing-out", anna.page);
  await look("ringing-in", ben.page);

  const clara = await signIn("Clara Ruiz");
  await clara.open(paxora.channel("Choir"));
  await clara.startCall();
  await expect(ben.ringing(clara)).toBeVisible();
  await look("two-ring", ben.page);
  await ben.ringing().getByRole("button", { name: "Silence" }).click();
  await look("silenced", ben.page);
  await clara.hangUp();
  await look("cancelled", clara.page, "brief");
  await expect(ben.ringing(clara)).toBeHidden();

  await ben.decline();
  await expect(anna.afterwards).toBeVisible();
  await look("declined", anna.page);
  await anna.afterwards.getByRole("button", { name: "Close" }).click();
  await look("after-a-call", anna.page);
}

/** Nobody answers. The server must ring for no longer than a test may wait. */
export async function withoutAnAnswer({ annaAndBen }: Parish, look: Look): Promise<void> {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await expect(anna.afterwards).toBeVisible();
  await look("no-answer", anna.page);
  await look("missed", ben.page);
}

/** Every state of a call between two, and how it ends. */
export async function betweenTwo({ paxora, signIn, annaAndBen }: Parish, look: Look): Promise<void> {
  const [anna, ben] = await annaAndBen();
  const clara = await signIn("Clara Ruiz");
  await clara.open(paxora.channel("Choir"));
  const say = await judge(anna.page);

  await anna.startCall();
  const answered = await held(ben.page, "/api/voice/answer_call");
  await ben.accept();
  await answered.arrived;
  await look("connecting", ben.page);
  answered.letGo();
  await anna.hears(ben);
  await ben.hears(anna);
  await look("in-call", anna.page);

  await anna.press("Mute");
  await look("muted", anna.page);
  await expect(ben.call.getByText("Muted")).toBeVisible();
  await look("the-other-muted", ben.page);
  await anna.page.keyboard.down(" ");
  await expect(anna.call.getByText("You are heard as long as you hold Space")).toBeVisible();
  await look("held-open", anna.page);
  await anna.page.keyboard.up(" ");
  await anna.press("Unmute");

  await anna.call.getByRole("button", { name: "Sound" }).click();
  await look("choosing-sound", anna.page);
  await anna.call.getByRole("button", { name: "Sound" }).click();
  await anna.call.getByRole("button", { name: "Make the call small" }).click();
  await look("made-small", anna.page);
  await anna.call.getByRole("button", { name: "Back to the call" }).click();

  await clara.startCall();
  await expect(anna.ringing(clara)).toBeVisible();
  await look("ringing-in-a-call", anna.page);
  await clara.hangUp();
  await expect(anna.ringing()).toBeHidden();

  say(paxora.person("Ben Carter").member, "poor");
  await expect(anna.call.getByText("Ben Carter’s connection is poor")).toBeVisible();
  await look("the-other-has-a-poor-network", anna.page);
  say(paxora.person("Ben Carter").member, "good");
  say(paxora.person("Anna Nowak").member, "poor");
  await expect(anna.call.getByText("Your connection is poor")).toBeVisible();
  await look("poor-network", anna.page);
  say(paxora.person("Anna Nowak").member, "good");

  const wake = await fallAsleep(ben.page);
  await expect(anna.call.getByText("Ben Carter’s phone is asleep")).toBeVisible();
  await look("the-other-s-phone-sleeps", anna.page);
  await wake();
  await expect(anna.call.getByText("Ben Carter’s phone is asleep")).toBeHidden();

  const token = await held(ben.page, "/api/voice/call_token");
  await ben.beSentAway();
  await token.arrived;
  await expect(ben.call.getByText("Your place is kept")).toBeVisible();
  await look("reconnecting", ben.page);
  await expect(anna.call.getByText("Ben Carter is coming back…")).toBeVisible();
  await look("the-other-comes-back", anna.page);
  token.letGo();
  await anna.hears(ben);

  await ben.hangUp();
  await look("hung-up", ben.page, "brief");
  await look("hung-up-by-the-other", anna.page, "brief");
}

/** How a call may end, besides that somebody hangs up, and what people read then. */
const REASONS = {
  empty: "The call was lost",
  media_lost: "The call was lost",
  failed: "The call did not work",
  removed: "The call was ended for everybody",
  expired: "The call has reached its longest time",
};

/** A call that ends for each of the reasons that a test cannot wait for. */
export async function endedForEachReason({ paxora, signIn }: Parish, look: Look): Promise<void> {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  await anna.page.addInitScript(endedAsTold);
  for (const person of [anna, ben]) await person.open(paxora.direct("Anna", "Ben"));
  for (const [reason, words] of Object.entries(REASONS)) {
    await anna.page.evaluate((endReason) => Object.assign(window, { endReason }), reason);
    await anna.startCall();
    await ben.accept();
    await expect(anna.call.getByRole("timer")).toBeVisible();
    await ben.hangUp();
    await expect(anna.afterwards).toContainText(words);
    await look(`ended-${reason}`, anna.page, "brief");
    await expect(anna.afterwards).toBeHidden();
    await expect(ben.afterwards).toBeHidden();
  }
}

/** A group talks, and somebody is still being rung. */
export async function amongMany({ paxora, signIn }: Parish, look: Look): Promise<void> {
  const names = ["Anna Nowak", "Ben Carter", "Clara Ruiz"];
  const [anna, ben, clara] = await Promise.all(names.map((name) => signIn(name)));
  const say = await judge(anna.page);
  for (const person of [anna, ben, clara]) await person.open(paxora.channel("Choir"));
  await anna.startCall();
  await ben.accept();
  await clara.decline();
  const join = clara.page.getByRole("button", { name: "Join · 2 people" });
  await expect(join).toBeVisible();
  await look("a-call-to-join", clara.page);
  await join.click();
  await anna.hears(ben);
  await anna.hears(clara);
  await clara.press("Mute");
  say(paxora.person("Ben Carter").member, "poor");
  await expect(anna.call.getByText("Muted")).toBeVisible();
  await expect(anna.call.getByText("Poor connection")).toBeVisible();
  await look("in-a-call-with-many", anna.page);
  say(paxora.person("Ben Carter").member, "good");
  await clara.press("Unmute");

  await ben.call.getByRole("button", { name: "Raise hand" }).click();
  await expect(anna.call.getByText("Hand raised")).toBeVisible();
  await anna.call.getByRole("button", { name: "React" }).click();
  await look("a-hand-is-up", anna.page);
  await anna.call.getByRole("button", { name: "React" }).click();
  await clara.call.getByRole("button", { name: "React" }).click();
  await clara.call.getByRole("button", { name: "Applause" }).click();
  await expect(anna.call.getByText("👏")).toBeVisible();
  await look("a-reaction", anna.page, "brief");

  const him = anna.call.getByRole("listitem").filter({ hasText: "Ben Carter" }).getByRole("button");
  await him.click();
  const sheet = anna.page.getByRole("dialog");
  await expect(sheet).toBeVisible();
  await look("about-one-person", anna.page);
  await sheet.getByRole("button", { name: "Remove from the call" }).click();
  await look("sure-to-remove", anna.page);
  await sheet.getByRole("button", { name: "Cancel" }).click();

  await anna.call.getByRole("button", { name: "Add people" }).click();
  await sheet.getByRole("checkbox", { name: "David Kowalski" }).check();
  await look("adding-people", anna.page);
  await anna.page.keyboard.press("Escape");

  await anna.call.getByRole("button", { name: "More", exact: true }).click();
  await look("more-in-a-call-with-many", anna.page);
  await sheet.getByRole("button", { name: "Lock the call" }).click();
  await expect(anna.call.getByText("Locked: nobody new can join")).toBeVisible();
  await him.click();
  await sheet.getByRole("button", { name: "Mute", exact: true }).click();
  await expect(ben.call.getByText("Anna Nowak muted your microphone")).toBeVisible();
  await look("muted-by-a-leader-in-a-locked-call", ben.page);
  await him.click();
  await sheet.getByRole("button", { name: "Ask to unmute" }).click();
  await expect(ben.call.getByText("Anna Nowak asks you to unmute")).toBeVisible();
  await look("asked-to-unmute", ben.page);
  await him.click();
  await sheet.getByRole("button", { name: "Remove from the call" }).click();
  await sheet.getByRole("button", { name: "Remove from the call" }).click();
  await expect(ben.afterwards).toBeVisible();
  await look("taken-out", ben.page, "brief");
}

/** So many people talk. The server must be `CROWDED`. */
export function amongSoMany(count: number): (parish: Parish, look: Look) => Promise<void> {
  return async (parish, look) => {
    const ben = await parish.signIn("Ben Carter");
    const others = await crowd(parish, ben, count - 2);
    await ben.open(parish.paxora.channel("Parish"));
    await join(ben, others);
    await others.speak(others.people[0].member);
    await look(`in-a-call-of-${count}`, ben.page);
  };
}

/** Somebody who cannot be heard, and is told what to do. */
export async function withoutAMicrophone({ paxora, device, signIn }: Parish, look: Look): Promise<void> {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter", await device())];
  await ben.page.addInitScript(refuseMicrophone);
  for (const person of [anna, ben]) await person.open(paxora.direct("Anna", "Ben"));
  await expect(ben.page.getByText("Your browser does not let Paxora use the microphone.")).toBeVisible();
  await look("idle-without-a-microphone", ben.page);
  await anna.startCall();
  await ben.accept();
  await expect(ben.call.getByText("You can listen, but nobody hears you")).toBeVisible();
  await ben.hears(anna);
  await look("microphone-denied", ben.page);
  await ben.call.getByRole("link", { name: "Show me how" }).click();
  await expect(ben.page.getByRole("heading", { name: "Let Paxora use the microphone" })).toBeVisible();
  await look("microphone-help-in-a-call", ben.page);
  await ben.hangUp();
}

/** Nothing to speak into, and a page that may not be heard before it is touched. */
export async function listeningOnly({ paxora, device, signIn }: Parish, look: Look): Promise<void> {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter", await device())];
  await ben.page.addInitScript(silentUntilTouched);
  for (const person of [anna, ben]) await person.open(paxora.direct("Anna", "Ben"));
  await anna.startCall();
  await ben.accept();
  await ben.hears(anna);
  await expect(ben.call.getByText("No microphone was found")).toBeVisible();
  await look("microphone-missing", ben.page);
  await ben.reload();
  await expect(ben.call.getByRole("button", { name: "Tap to hear" })).toBeVisible();
  // On the way back into the call there is more to read for a moment.
  await expect(ben.call.getByRole("timer")).toBeVisible();
  await look("tap-to-hear", ben.page);
}

/** A microphone that opens late, gives nothing, and is taken away by a phone call. */
export async function withATroubledMicrophone({ paxora, signIn }: Parish, look: Look): Promise<void> {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  await ben.page.addInitScript(standIn, ben.tone ?? 0);
  for (const person of [anna, ben]) await person.open(paxora.direct("Anna", "Ben"));
  const microphone = new Microphone(ben.page);
  await microphone.answers("NotReadableError");
  await anna.startCall();
  await ben.accept();
  await ben.hears(anna);
  await expect(ben.call).toContainText("Another app is using the microphone");
  await look("microphone-busy", ben.page);
  await microphone.answers("silence");
  await ben.call.getByRole("button", { name: "Try again" }).click();
  await expect(ben.call.getByText(/We hear nothing from your microphone/)).toBeVisible({ timeout: 15_000 });
  await look("microphone-silent", ben.page);
  await microphone.hears(true);
  await anna.hears(ben);
  await microphone.isTaken();
  await expect(ben.call.getByRole("button", { name: "Tap to turn the microphone back on" })).toBeVisible();
  await look("microphone-taken", ben.page);
}

/** A call that somebody may not come into, for each reason, and one that has to wait for another. */
export async function keptOut({ paxora, signIn, signInAgain }: Parish, look: Look): Promise<void> {
  const choir = paxora.channel("Choir");
  await paxora.block("Eva Lind");
  const eva = await signIn("Eva Lind");
  await eva.open(paxora.channel("Parish"));
  await expect(eva.page.getByText("You cannot call here")).toBeVisible();
  await expect(eva.page.getByText("You have been blocked")).toBeVisible();
  await look("may-call-nowhere", eva.page);

  const [anna, ben, clara] = [await signIn("Anna Nowak"), await signIn("Ben Carter"), await signIn("Clara Ruiz")];
  await clara.page.addInitScript(withRoomForTwo);
  for (const person of [anna, ben, clara]) await person.open(choir);
  await anna.startCall();
  await ben.accept();
  await clara.decline();
  await expect(clara.page.getByText("The call is full")).toBeVisible();
  await look("a-full-call", clara.page);
  await anna.call.getByRole("button", { name: "More", exact: true }).click();
  await anna.page.getByRole("dialog").getByRole("button", { name: "Lock the call" }).click();
  await expect(clara.page.getByText("This call is locked")).toBeVisible();
  await look("a-locked-call", clara.page);

  const laptop = await signInAgain("Anna Nowak");
  await laptop.open(paxora.direct("Anna", "Ben"));
  await laptop.startCall();
  await expect(laptop.page.getByRole("button", { name: "Leave it and join this one" })).toBeVisible();
  await look("in-another-call", laptop.page);
}

/** Whoever may not call is told why; and the pages that help. */
export async function besidesCalls({ paxora, signIn, device }: Parish, look: Look): Promise<void> {
  const ben = await signIn("Ben Carter");
  await ben.open(paxora.channel("Announcements"));
  await expect(ben.page.getByText("Only coordinators call here")).toBeVisible();
  await look("may-not-call", ben.page);

  const visitor = await (await device()).context.newPage();
  await visitor.goto(`${paxora.origin()}/en/help/microphone`);
  await expect(visitor.getByRole("heading", { name: /^Your browser/ })).toBeVisible();
  await look("microphone-help", visitor);
  await visitor.goto(`${paxora.origin()}/en/sign-in`);
  await look("sign-in", visitor);

  const asked = ben.page.waitForResponse("**/api/push/device");
  await ben.page.goto(`${paxora.origin()}/en/community/phone`);
  await asked;
  await look("will-this-phone-ring", ben.page);
}

/** What a phone tells when it takes the microphone away from the page; of this page, which knows better, nobody hears until it wakes. */
async function fallAsleep(page: Page): Promise<() => Promise<void>> {
  const listen = await intercept(page, "/api/voice/show_sign", (headers) => (headers["x-by"] ? "sent" : "lost"));
  await tell(page, true);
  return async () => {
    await tell(page, false);
    listen();
  };
}

async function tell(page: Page, asleep: boolean): Promise<void> {
  const status = await page.evaluate(async (asleep) => {
    const body = JSON.stringify({ call: sessionStorage.getItem("paxora-call"), sign: { asleep }, nonce: crypto.randomUUID() });
    const headers = { "Content-Type": "application/json", "X-By": "the test" };
    return (await fetch("/api/voice/show_sign", { method: "POST", headers, body })).status;
  }, asleep);
  expect(status).toBe(200);
}

/**
 * Runs in a page before anything else does: it may not be heard before it is clicked. Browsers see to that themselves, but
 * take whatever a test looks at for a touch.
 */
function silentUntilTouched(): void {
  let touched = false;
  window.addEventListener("click", () => (touched = true), { capture: true });
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = async function () {
    if (!touched) throw new DOMException("not touched yet", "NotAllowedError");
    return play.call(this);
  };
}

/** Runs in a page before anything else does: every call that it hears is over has ended for the reason in `endReason`. */
function endedAsTold(): void {
  const listen = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (this: EventSource, name: string, told: (event: MessageEvent) => void) {
    listen.call(this, name, (event) => {
      const { type, data } = event as MessageEvent<string>;
      const { endReason } = window as unknown as { endReason: string };
      const changed = data.replace(/"endReason":"\w+"/, `"endReason":"${endReason}"`);
      told(new MessageEvent(type, { data: changed }));
    });
  } as EventSource["addEventListener"];
}

/** Runs in a page before anything else does: it is told that a call has room for two. Voice servers have room for a parish. */
function withRoomForTwo(): void {
  const send = window.fetch.bind(window);
  window.fetch = async (what, how) => {
    const response = await send(what, how);
    if (!new URL(response.url).pathname.endsWith("/api/community")) return response;
    return Response.json({ ...(await response.json()), seats: 2 });
  };
}

/** Runs in a page before anything else does: somebody has said no to the microphone, once and for all. */
function refuseMicrophone(): void {
  navigator.mediaDevices.getUserMedia = async () => {
    throw new DOMException("Permission denied", "NotAllowedError");
  };
  navigator.permissions.query = async () => ({ state: "denied" }) as PermissionStatus;
}
