import { Microphone, standIn } from "../support/microphone.ts";
import type { Person } from "../support/person.ts";
import { microphones } from "../support/spy.ts";
import { type Parish, expect, test } from "../support/test.ts";

/** Anna, and Ben with a microphone that does what the test says. */
async function annaAndBen({ paxora, signIn }: Parish): Promise<[Person, Person, Microphone]> {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  if (!ben.tone) throw new Error("Ben has a voice");
  await ben.page.addInitScript(standIn, ben.tone);
  for (const person of [anna, ben]) await person.open(paxora.direct("Anna", "Ben"));
  return [anna, ben, new Microphone(ben.page)];
}

const LISTENING = "You can listen, but nobody hears you";
const WAKE = "Tap to turn the microphone back on";
const SILENT = /We hear nothing from your microphone/;

test("without a microphone one listens, for whatever reason, and is heard in the same call once there is one", {
  tag: "@embedded",
}, async ({ parish }) => {
  const [anna, ben, microphone] = await annaAndBen(parish);
  await microphone.answers("NotAllowedError");
  await anna.startCall();
  await ben.accept();
  await ben.hears(anna);
  await expect(ben.call.getByText(LISTENING)).toBeVisible();
  const again = ben.call.getByRole("button", { name: "Try again" });
  await expect(ben.call).toContainText("Your browser does not let Paxora use the microphone");
  await microphone.answers("NotFoundError");
  await again.click();
  await expect(ben.call).toContainText("No microphone was found");
  await microphone.answers("NotReadableError");
  await again.click();
  await expect(ben.call).toContainText("Another app is using the microphone");
  await anna.hearsNothing();

  await microphone.answers("voice");
  await again.click();
  await anna.hears(ben);
  await expect(ben.call.getByText(LISTENING)).toBeHidden();
  expect(await microphone.asked()).toBe(4);
  expect(await ben.connections()).toBe(1);
});

test("a microphone that gives nothing is noticed, and so is it when it does", { tag: "@embedded" }, async ({
  parish,
}) => {
  const [anna, ben, microphone] = await annaAndBen(parish);
  await microphone.answers("silence");
  await anna.startCall();
  await ben.accept();
  await expect(ben.call.getByText(SILENT)).toBeVisible({ timeout: 15_000 });
  await microphone.hears(true);
  await expect(ben.call.getByText(SILENT)).toBeHidden();
  await anna.hears(ben);
  // Who is muted is not to be heard, and is not told so.
  await ben.press("Mute");
  await anna.hearsNothing();
  await expect(ben.call.getByText(SILENT)).toBeHidden();
});

test("a microphone that the phone took away is opened anew when it is back, whatever it says of itself", {
  tag: "@embedded",
}, async ({ parish }) => {
  const [anna, ben, microphone] = await annaAndBen(parish);
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);

  await microphone.isTaken();
  await expect(ben.call.getByRole("button", { name: WAKE })).toBeVisible();
  await anna.hearsNothing();
  await ben.hears(anna);
  await expect.poll(() => anna.asleep()).toEqual([parish.paxora.person(ben.name).member]);
  await microphone.isSaidToBeBack();
  await anna.hears(ben);
  await expect(ben.call.getByRole("button", { name: WAKE })).toBeHidden();
  await expect.poll(() => anna.asleep()).toEqual([]);
  expect(await microphone.asked()).toBe(2);

  // A page that is loaded again has a microphone of its own, and does not know what the one before has told.
  await microphone.isTaken();
  await expect.poll(() => anna.asleep()).toEqual([parish.paxora.person(ben.name).member]);
  await ben.reload();
  await expect(ben.call.getByRole("timer")).toBeVisible();
  await expect.poll(() => anna.asleep()).toEqual([]);
});

test("a microphone that stays dead after a phone call comes back with a tap", {
  tag: ["@long", "@embedded"],
}, async ({ parish }) => {
  const [anna, ben, microphone] = await annaAndBen(parish);
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);

  await microphone.isTaken();
  await microphone.answers("silence");
  await microphone.isSaidToBeBack();
  await expect.poll(() => microphone.asked()).toBe(2);
  const wake = ben.call.getByRole("button", { name: WAKE });
  await expect(wake).toBeVisible();
  await microphone.answers("voice");
  await wake.click();
  await anna.hears(ben);
  await expect(wake).toBeHidden();
  expect(await ben.connections()).toBe(1);
});

test("one chooses among microphones and speakers, and one that is plugged out is replaced by the system's own", {
  tag: "@embedded",
}, async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  await ben.call.getByRole("button", { name: "Sound" }).click();
  const [microphone, speaker] = [ben.call.getByLabel("Microphone"), ben.call.getByLabel("Speaker")];
  await expect(microphone.getByRole("option")).toHaveText(["Fake Default Audio Input", "Fake Audio Input 1", "Fake Audio Input 2"]);
  await expect(speaker.getByRole("option")).toHaveText(["Fake Default Audio Output", "Fake Audio Output 1", "Fake Audio Output 2"]);

  await microphone.selectOption({ label: "Fake Audio Input 2" });
  await expect.poll(() => inUse(ben)).toMatchObject({ microphone: "Fake Audio Input 2" });
  await anna.hears(ben);
  await speaker.selectOption({ label: "Fake Audio Output 1" });
  await expect.poll(() => inUse(ben)).toMatchObject({ speakers: ["Fake Audio Output 1"] });
  await ben.hears(anna);

  await plugOut(ben);
  await expect.poll(() => inUse(ben)).toMatchObject({ microphone: "Fake Default Audio Input" });
  await anna.hears(ben);
  await expect(microphone.locator("option:checked")).toHaveText("Fake Default Audio Input");

  // The next call begins with the same choice.
  await ben.hangUp();
  await expect(anna.callButton).toBeEnabled();
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  await ben.hears(anna);
  expect(await inUse(ben)).toEqual({ microphone: "Fake Audio Input 2", speakers: ["Fake Audio Output 1"] });
});

/** What browsers on phones say of themselves. */
const AGENTS = {
  Android: "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36",
  iPhone:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
};

/** Ben talks with Anna, on a phone. */
async function benOn(phone: keyof typeof AGENTS, { paxora, device, signIn }: Parish): Promise<[Person, Person]> {
  const [anna, his] = [await signIn("Anna Nowak"), await device("Ben Carter", { userAgent: AGENTS[phone] })];
  const ben = await signIn("Ben Carter", his);
  await ben.page.addInitScript(namesNoSpeakers);
  for (const person of [anna, ben]) await person.open(paxora.direct("Anna", "Ben"));
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  return [anna, ben];
}

test("on Android one chooses at once what one speaks into and listens through", { tag: "@embedded" }, async ({ parish }) => {
  const [anna, ben] = await benOn("Android", parish);
  await ben.call.getByRole("button", { name: "Sound" }).click();
  await expect(ben.call.getByRole("combobox")).toHaveCount(1);
  await ben.call.getByLabel("Speak and listen through").selectOption({ label: "Fake Audio Input 2" });
  await expect.poll(() => inUse(ben)).toMatchObject({ microphone: "Fake Audio Input 2" });
  await anna.hears(ben);
  // A phone has no keys.
  await expect(ben.call.getByRole("checkbox")).toHaveCount(0);
});

test("on an iPhone, which has its own place for it, no choice of sound is offered", { tag: "@embedded" }, async ({ parish }) => {
  const [, ben] = await benOn("iPhone", parish);
  await expect(ben.call.getByRole("button", { name: "Mute", exact: true })).toBeVisible();
  await expect(ben.call.getByRole("button", { name: "Sound" })).toHaveCount(0);
});

test("a headset that the system makes its own choice is spoken into at once", { tag: "@embedded" }, async ({
  parish: { annaAndBen },
}) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  await ben.page.evaluate(() => {
    const { mediaDevices } = navigator;
    const list = mediaDevices.enumerateDevices.bind(mediaDevices);
    mediaDevices.enumerateDevices = async () => {
      const headset = { kind: "audioinput", deviceId: "default", label: "Headset", groupId: "headset" } as MediaDeviceInfo;
      return (await list()).map((device) => (device.kind === headset.kind && device.deviceId === "default" ? headset : device));
    };
    // The system tells more while the old microphone is shut and the new one is not open yet.
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wanted) => {
      mediaDevices.dispatchEvent(new Event("devicechange"));
      for (let question = 0; question < 3; question++) await list();
      return open(wanted);
    };
    mediaDevices.dispatchEvent(new Event("devicechange"));
  });
  await expect.poll(() => microphones(ben.page)).toEqual({ opened: 2, open: 1 });
  await anna.hears(ben);
  expect(await ben.connections()).toBe(1);
});

/** Runs in a page before anything else does: its browser knows where one speaks into, but not where the sound comes out, as on phones. */
function namesNoSpeakers(): void {
  const { mediaDevices } = navigator;
  const list = mediaDevices.enumerateDevices.bind(mediaDevices);
  mediaDevices.enumerateDevices = async () => (await list()).filter(({ kind }) => kind !== "audiooutput");
}

/** What a page speaks into, and where it is heard, by their names. */
function inUse({ page }: Person): Promise<{ microphone: string | undefined; speakers: string[] }> {
  return page.evaluate(async () => {
    const { microphones } = window as unknown as { microphones: MediaStreamTrack[] };
    const all = await navigator.mediaDevices.enumerateDevices();
    const name = (kind: MediaDeviceKind, id: string | undefined) =>
      all.find((device) => device.kind === kind && device.deviceId === id)?.label ?? `no ${kind} ${id}`;
    const open = microphones.filter(({ readyState }) => readyState === "live");
    const elements = [...document.querySelectorAll("audio")].filter(({ srcObject }) => srcObject);
    return {
      microphone: open.length === 1 ? name("audioinput", open[0].getSettings().deviceId) : `${open.length} are open`,
      speakers: elements.map(({ sinkId }) => name("audiooutput", sinkId || "default")),
    };
  });
}

/** The microphone in use is gone, as a headset that is plugged out. */
async function plugOut({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    const { microphones } = window as unknown as { microphones: MediaStreamTrack[] };
    for (const track of microphones.filter(({ readyState }) => readyState === "live")) {
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
  });
}
