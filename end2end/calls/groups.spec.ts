import type { Locator } from "@playwright/test";
import { CROWDED, crowd, join } from "../support/crowd.ts";
import { Microphone, standIn } from "../support/microphone.ts";
import type { Person } from "../support/person.ts";
import { type Parish, expect, test } from "../support/test.ts";

/** Of the choir: Anna is an admin, Ben a member, Clara a coordinator. */
const CHOIR = ["Anna Nowak", "Ben Carter", "Clara Ruiz"];

/** The choir talks, each with their own voice, and hears each other. */
async function choirTalks({ paxora, signIn }: Parish): Promise<[Person, Person, Person]> {
  const people = (await Promise.all(CHOIR.map((name) => signIn(name)))) as [Person, Person, Person];
  const [anna, ...others] = people;
  for (const person of people) await person.open(paxora.channel("Choir"));
  await anna.startCall();
  for (const other of others) await other.accept();
  await allHear(...people);
  return people;
}

async function allHear(...people: Person[]): Promise<void> {
  for (const person of people) {
    for (const other of people.filter((other) => other !== person)) await person.hears(other);
  }
}

/** How `other` stands in the list of the call on somebody's screen. */
const face = (person: Person, other: string): Locator => person.call.getByRole("listitem").filter({ hasText: other });

/** What the faces of a call say, in the order in which they are seen: in the page they stand by name. */
const asSeen = (person: Person): Promise<string[]> =>
  person.call.getByRole("listitem").evaluateAll((items) => {
    const faces = items.map((item) => ({ box: item.getBoundingClientRect(), words: item.textContent ?? "" }));
    faces.sort((one, other) => one.box.top - other.box.top || one.box.left - other.box.left);
    return faces.map(({ words }) => words);
  });

/** What can be done about somebody: a tap on them. */
async function tap(person: Person, other: Person): Promise<Locator> {
  await face(person, other.name).getByRole("button").click();
  return person.page.getByRole("dialog", { name: other.name });
}

async function more(person: Person, choice: string): Promise<void> {
  await person.call.getByRole("button", { name: "More", exact: true }).click();
  await person.page.getByRole("dialog", { name: "More" }).getByRole("button", { name: choice }).click();
}

const note = (person: Person, words: string): Locator =>
  person.call.locator(".note-card").filter({ hasText: words });

test("whoever speaks has a ring that all see, and nobody else has it", async ({ parish: { paxora, signIn } }) => {
  test.slow();
  const people = await Promise.all(CHOIR.map((name) => signIn(name)));
  const [anna, ben, clara] = people;
  for (const person of people) {
    await person.page.addInitScript(standIn, person.tone ?? 0);
    await person.open(paxora.channel("Choir"));
  }
  await anna.startCall();
  for (const other of [ben, clara]) await other.accept();
  await allHear(...people);
  const says = (person: Person, voice: boolean) => new Microphone(person.page).hears(voice);
  const ringed = (person: Person) => person.call.getByRole("listitem").filter({ has: person.page.locator(".is-speaking") });
  for (const person of people) await says(person, false);
  for (const person of people) await expect(ringed(person)).toHaveCount(0);
  for (const speaker of [ben, clara]) {
    await says(speaker, true);
    for (const person of people) await expect(ringed(person)).toContainText([person === speaker ? "You" : speaker.name]);
    await says(speaker, false);
    for (const person of people) await expect(ringed(person)).toHaveCount(0);
  }
});

test("whoever leads mutes somebody, who reads by whom, and only they themselves open the microphone again", async ({
  parish,
}) => {
  test.slow();
  const [anna, ben, clara] = await choirTalks(parish);
  await expect(ben.call.getByRole("heading", { name: "3 people" })).toBeVisible();
  await (await tap(clara, ben)).getByRole("button", { name: "Mute", exact: true }).click();
  for (const person of [anna, clara]) await person.hearsOnly(person === anna ? clara : anna);
  await expect(note(ben, "Clara Ruiz muted your microphone")).toBeVisible();
  await expect(ben.call.getByRole("button", { name: "Mute", exact: true })).toBeHidden();
  await expect(face(anna, ben.name)).toContainText("Muted");

  // A page that is loaded again stays muted, and is not muted anew by what it has been told before.
  await ben.reload();
  await ben.hears(anna);
  await expect(ben.call.getByRole("button", { name: "Unmute" })).toBeVisible();
  await expect(note(ben, "muted your microphone")).toBeHidden();
  await ben.press("Unmute");
  await allHear(anna, ben, clara);

  await (await tap(clara, ben)).getByRole("button", { name: "Mute", exact: true }).click();
  await note(ben, "Clara Ruiz muted your microphone").getByRole("button", { name: "Unmute" }).click();
  await expect(note(ben, "muted your microphone")).toBeHidden();
  await allHear(anna, ben, clara);
});

test("whoever is asked to unmute decides, and whoever leads nothing can only turn others down", async ({ parish }) => {
  test.slow();
  const [anna, ben, clara] = await choirTalks(parish);
  await ben.press("Mute");
  const sheet = await tap(clara, ben);
  await sheet.getByRole("button", { name: "Ask to unmute" }).click();
  const asked = note(ben, "Clara Ruiz asks you to unmute");
  await asked.getByRole("button", { name: "Not now" }).click();
  await expect(asked).toBeHidden();
  await expect(face(clara, ben.name)).toContainText("Muted");
  await (await tap(clara, ben)).getByRole("button", { name: "Ask to unmute" }).click();
  await asked.getByRole("button", { name: "Unmute" }).click();
  await expect(asked).toBeHidden();
  await allHear(anna, ben, clara);

  const his = await tap(ben, anna);
  await expect(his.getByRole("slider", { name: "How loud you hear Anna Nowak" })).toHaveValue("100");
  await expect(his.getByRole("button")).toHaveCount(1);
  await his.getByRole("slider").fill("0");
  await ben.page.keyboard.press("Escape");
  const loudness = () =>
    ben.page.evaluate(() => [...document.querySelectorAll("audio")].map(({ volume }) => volume).sort());
  await expect.poll(loudness).toEqual([0, 1]);
  await expect(ben.call.getByRole("button", { name: "More", exact: true })).toBeVisible();
  await ben.call.getByRole("button", { name: "More", exact: true }).click();
  await expect(ben.page.getByRole("dialog").getByRole("button", { name: /everybody|Lock/ })).toHaveCount(0);
});

test("whoever leads mutes everybody else", async ({ parish }) => {
  test.slow();
  const [anna, ben, clara] = await choirTalks(parish);
  await more(clara, "Mute everybody else");
  for (const person of [anna, ben]) {
    await expect(note(person, "Clara Ruiz muted your microphone")).toBeVisible();
    await person.hearsOnly(clara);
  }
  await clara.hearsNothing();
  await expect(clara.call.getByRole("button", { name: "Mute", exact: true })).toBeVisible();
});

test("somebody who is put out reads so, is not on the others' list, and comes back only when rung", async ({
  parish,
}) => {
  test.slow();
  const [anna, ben, clara] = await choirTalks(parish);
  await (await tap(clara, ben)).getByRole("button", { name: "Remove from the call" }).click();
  const sure = clara.page.getByRole("dialog", { name: "Remove Ben Carter from the call?" });
  await expect(sure.getByRole("button", { name: "Cancel" })).toBeFocused();
  await sure.getByRole("button", { name: "Remove from the call" }).click();
  await expect(ben.afterwards).toContainText("You were taken out of this call");
  await expect(ben.afterwards.getByRole("button", { name: "Call again" })).toBeHidden();
  for (const person of [anna, clara]) {
    await expect(person.call.getByRole("heading", { name: "2 people" })).toBeVisible();
    await expect(face(person, ben.name)).toContainText("Left");
    await person.hearsOnly(person === anna ? clara : anna);
  }

  await (await tap(clara, ben)).getByRole("button", { name: "Ring again" }).click();
  await ben.accept();
  await allHear(anna, ben, clara);

  // Whoever has left by themselves can be kept from coming back.
  await ben.hangUp();
  await expect(ben.afterwards).toContainText("You have left. The call goes on.");
  await expect(face(clara, ben.name)).toContainText("Left");
  const join = ben.page.getByRole("button", { name: "Join · 2 people", exact: true });
  await expect(join.first()).toBeAttached();
  await (await tap(clara, ben)).getByRole("button", { name: "Remove from the call" }).click();
  await sure.getByRole("button", { name: "Remove from the call" }).click();
  await expect(join).toHaveCount(0);
  await expect(ben.page.locator(".call-refused")).toContainText("You were taken out of this call");
});

test("raised hands and reactions are seen by all, and said once", { tag: "@embedded" }, async ({ parish }) => {
  test.slow();
  const [anna, ben, clara] = await choirTalks(parish);
  // Whoever passes others, or is passed, keeps their place in the page, and the keyboard its button.
  const [bens, claras] = [ben, clara].map(({ name }) => face(anna, name).getByRole("button"));
  await claras.focus();
  await clara.call.getByRole("button", { name: "Raise hand" }).click();
  await expect.poll(async () => (await asSeen(anna))[0]).toBe("Clara RuizHand raised");
  await expect(claras).toBeFocused();
  // The keyboard goes the way of the eyes.
  await anna.page.keyboard.press("Tab");
  await expect(bens).toBeFocused();
  await clara.call.getByRole("button", { name: "Lower hand" }).click();
  await expect.poll(async () => (await asSeen(anna)).at(-1)).toBe("Clara Ruiz");
  await anna.page.keyboard.press("Tab");
  await expect(claras).toBeFocused();

  await ben.call.getByRole("button", { name: "Raise hand" }).click();
  await expect(ben.call.getByRole("button", { name: "Lower hand" })).toBeVisible();
  for (const person of [anna, clara]) {
    await expect.poll(async () => (await asSeen(person))[0]).toBe("Ben CarterHand raised");
    await expect(person.call.getByRole("status").filter({ hasText: "Ben Carter has raised a hand" })).toBeAttached();
  }
  await (await tap(clara, ben)).getByRole("button", { name: "Lower hand" }).click();
  await expect(ben.call.getByRole("button", { name: "Raise hand" })).toBeVisible();
  for (const person of [anna, clara]) await expect(face(person, ben.name)).not.toContainText("Hand raised");

  await ben.call.getByRole("button", { name: "React" }).click();
  await ben.call.getByRole("button", { name: "Applause" }).click();
  await expect(ben.call.getByRole("button", { name: "React" })).toBeFocused();
  for (const person of [anna, clara]) {
    await expect(face(person, ben.name)).toContainText("👏");
    await expect(person.call.getByRole("status").filter({ hasText: "Ben Carter: applause" })).toBeAttached();
  }
  await expect(face(ben, "You")).toContainText("👏");
  for (const person of [anna, ben, clara]) await expect(person.call.getByText("👏")).toBeHidden();
});

test("two who talk add a third, and it is a call of many", async ({ parish }) => {
  test.slow();
  const { paxora, annaAndBen, signIn } = parish;
  const [anna, ben] = await annaAndBen();
  const clara = await signIn("Clara Ruiz");
  await clara.open(paxora.channel("Parish"));
  await anna.startCall();
  await expect(ben.ringing(anna)).toBeVisible();
  const id = (await ben.activeCall())?.id;
  expect(id).toBeDefined();
  await ben.accept();
  await ben.hears(anna);
  await ben.call.getByRole("button", { name: "Add people" }).click();
  const sheet = ben.page.getByRole("dialog", { name: "Add people" });
  await expect(sheet.getByRole("listitem").filter({ hasText: "Anna Nowak" })).toContainText("In this call");
  await expect(sheet.getByRole("checkbox", { name: "Anna Nowak" })).toBeHidden();
  await sheet.getByRole("searchbox").fill("clara");
  await sheet.getByRole("checkbox", { name: "Clara Ruiz" }).check();
  await sheet.getByRole("button", { name: "Ring 1 person" }).click();
  await expect(sheet).toBeHidden();
  await expect(face(anna, clara.name)).toContainText("Ringing");
  await expect(clara.ringing(ben)).toBeVisible();
  expect((await clara.activeCall())?.id).toBe(id);
  await clara.accept();
  await allHear(anna, ben, clara);
  for (const person of [anna, ben, clara]) {
    await expect(person.call.getByRole("heading", { name: "3 people" })).toBeVisible();
  }

  for (const person of [clara, ben, anna]) await person.hangUp();
  await expect(anna.afterwards).toContainText("Call ended");
  for (const person of [anna, ben]) await expect(person.timeline.getByText(/^Group call · 3 people · /)).toBeVisible();
  // Whoever was rung into it has not come into the chat of the two.
  await clara.open(paxora.direct("Anna", "Ben"));
  await expect(clara.page.getByRole("heading", { name: "There is nothing here for you" })).toBeVisible();
  await expect(clara.timeline).toBeHidden();
  await expect(clara.page.getByText("Group call")).toHaveCount(0);
});

test("a locked call takes nobody in but whom one who leads rings", { tag: "@embedded" }, async ({ parish }) => {
  test.slow();
  const { paxora, signIn } = parish;
  const [anna, ben, clara] = await Promise.all(CHOIR.map((name) => signIn(name)));
  for (const person of [anna, ben, clara]) await person.open(paxora.channel("Choir"));
  await anna.startCall();
  await ben.accept();
  await clara.decline();
  await ben.hears(anna);
  await more(anna, "Lock the call");
  for (const person of [anna, ben]) await expect(person.call).toContainText("Locked: nobody new can join");
  await expect(ben.call.getByRole("button", { name: "Add people" })).toBeHidden();
  const id = (await (await anna.page.request.post(`${paxora.origin()}/api/live`, { data: {} })).json()).calls[0].id;
  const answer = { call: id, tap: { nonce: crypto.randomUUID(), switch: false } };
  const refused = await clara.page.request.post(`${paxora.origin()}/api/voice/answer_call`, { data: answer });
  expect(refused.status()).toBe(409);
  expect(await refused.json()).toMatchObject({ problem: { call: "locked" } });

  await (await tap(anna, clara)).getByRole("button", { name: "Ring again" }).click();
  await clara.accept();
  await clara.hears(anna);
  await more(anna, "Unlock the call");
  await expect(ben.call.getByText("Locked: nobody new can join")).toBeHidden();
});

test("whoever leads ends it for everybody, once they are sure", { tag: "@embedded" }, async ({ parish }) => {
  test.slow();
  const [anna, ben, clara] = await choirTalks(parish);
  await more(clara, "End the call for everybody");
  const sure = clara.page.getByRole("dialog", { name: "End the call for everybody?" });
  await sure.getByRole("button", { name: "Cancel" }).click();
  await ben.hears(anna);
  await more(clara, "End the call for everybody");
  await sure.getByRole("button", { name: "End the call for everybody" }).click();
  for (const person of [anna, ben, clara]) {
    await expect(person.afterwards).toContainText("The call was ended for everybody");
  }
});

test.describe(() => {
  test.use({ settings: CROWDED });

  test("whoever comes to many is muted at first, and those far down come in front while they speak", {
    tag: "@embedded",
  }, async ({ parish }) => {
    test.slow();
    const { paxora, signIn } = parish;
    const ben = await signIn("Ben Carter");
    const others = await crowd(parish, ben, 14);
    await ben.open(paxora.channel("Parish"));
    await join(ben, others);
    await expect(note(ben, "Many people are here, so you start muted")).toBeVisible();
    await ben.call.getByRole("button", { name: "Unmute" }).first().click();
    await expect(ben.call.getByRole("button", { name: "Mute", exact: true })).toBeVisible();

    const [first] = await asSeen(ben);
    const last = others.people.at(-1);
    if (!last) throw new Error("there is nobody");
    await others.speak(last.member);
    await expect.poll(async () => (await asSeen(ben))[0]).toContain(last.name);
    await others.speak();
    await expect.poll(async () => (await asSeen(ben))[0], { timeout: 15_000 }).toBe(first);

    // On the smallest phone, too, what can be done is one row, and in sight.
    await ben.page.setViewportSize({ width: 320, height: 640 });
    const tops = new Set<number>();
    for (const name of ["Mute", "Raise hand", "React", "More", "End call"]) {
      const button = ben.call.getByRole("button", { name, exact: true });
      await expect(button).toBeInViewport({ ratio: 1 });
      tops.add(Math.round((await button.boundingBox())?.y ?? 0));
    }
    expect(tops.size).toBe(1);
  });
});
