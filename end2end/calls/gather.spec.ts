import { expect, test } from "../support/test.ts";

test("a choir is gathered without a ring, and joined from the card, the list of channels and the chat's head", async ({
  parish: { paxora, signIn },
}) => {
  const choir = paxora.channel("Choir");
  const [anna, ben, clara] = [await signIn("Anna Nowak"), await signIn("Ben Carter"), await signIn("Clara Ruiz")];
  for (const person of [anna, ben]) await person.open(choir);
  await clara.open(paxora.channel("Parish"));

  await anna.page.getByRole("button", { name: "Open a call without ringing" }).click();
  await expect(anna.call).toBeVisible();
  const card = ben.timeline.getByRole("listitem").filter({ hasText: "Group call · 1 person in it" });
  await expect(card).toBeVisible();
  await expect(ben.page.getByRole("button", { name: "Join · 1 person", exact: true })).toBeVisible();
  expect(await ben.activeCall()).toBeNull();
  expect(await clara.activeCall()).toBeNull();
  await card.getByRole("button", { name: "Join" }).click();
  await ben.hears(anna);

  await clara.page.getByRole("button", { name: "Join · 2 in the call of Choir" }).click();
  await clara.hears(anna);
  await anna.hears(clara);
  await expect(ben.timeline.getByText("Group call · 3 people in it")).toBeVisible();

  for (const person of [anna, ben, clara]) await person.hangUp();
  // The same line remembers it.
  await expect(ben.timeline.getByText(/^Group call · 3 people · /)).toBeVisible();
  await expect(ben.timeline.getByText("Group call")).toHaveCount(1);
});

test("the list of whom to call is narrowed to those who lead, and begins with whom one called last", async ({
  parish: { paxora, signIn },
}) => {
  const ben = await signIn("Ben Carter");
  await ben.open(paxora.channel("Parish"));
  await ben.callButton.click();
  const sheet = ben.page.getByRole("dialog", { name: "Who do you want to call?" });
  const names = () => sheet.getByRole("checkbox").evaluateAll((boxes) => boxes.map((box) => box.parentElement?.textContent));
  const everybody = ["Anna Nowak", "Clara Ruiz", "David Kowalski", "Eva Lind"];
  expect((await names()).map((name) => everybody.find((known) => name?.includes(known)))).toEqual(everybody);
  await sheet.getByRole("button", { name: "Coordinators" }).click();
  await expect(sheet.getByRole("checkbox")).toHaveCount(2);
  await sheet.getByRole("button", { name: "Everybody", exact: true }).click();
  await sheet.getByRole("checkbox", { name: "Eva Lind" }).check();
  await sheet.getByRole("button", { name: "Call 1 person" }).click();
  await expect(ben.call).toContainText("Eva Lind");
  await ben.hangUp();
  await ben.afterwards.getByRole("button", { name: "Close" }).click();

  await ben.callButton.click();
  await expect(sheet.getByRole("checkbox").first()).toHaveAccessibleName(/Eva Lind/);
  await sheet.getByRole("button", { name: "Choir" }).click();
  await sheet.getByRole("button", { name: "Pick all 2" }).click();
  await expect(sheet.getByRole("button", { name: "Call 2 people" })).toBeEnabled();
});

test("the whole parish is gathered, and anybody in it joins", async ({ parish: { paxora, signIn } }) => {
  const parish = paxora.channel("Parish");
  const [anna, eva] = [await signIn("Anna Nowak"), await signIn("Eva Lind")];
  for (const person of [anna, eva]) await person.open(parish);
  await anna.callButton.click();
  await anna.page.getByRole("button", { name: /^Gather everybody/ }).click();
  await eva.page.getByRole("button", { name: "Join · 1 person", exact: true }).click();
  await eva.hears(anna);
  await anna.hears(eva);
});

test("who is rung into a call that goes on reads who rings, and who is in it", async ({ parish: { paxora, signIn, account } }) => {
  const [anna, ben] = [await account("Anna Nowak"), await account("Ben Carter")];
  const eva = await signIn("Eva Lind");
  await eva.open(paxora.channel("Parish"));
  const { call } = await anna.startCall(paxora.direct("Anna", "Ben"));
  await ben.answer(call);
  await ben.add(call, paxora.person("Eva Lind"));
  await expect(eva.ringing()).toContainText("Ben Carter");
  await expect(eva.ringing()).toContainText("Anna Nowak is in the call");

  const comes = async (name: string) => {
    const somebody = await account(name);
    await ben.add(call, somebody);
    await somebody.answer(call);
  };
  await comes("Clara Ruiz");
  await expect(eva.ringing()).toContainText("Anna Nowak and Clara Ruiz are in the call");
  await comes("David Kowalski");
  await expect(eva.ringing()).toContainText("Anna Nowak and 2 others are in the call");
  // In Polish another number of people is another word.
  await eva.page.goto(eva.page.url().replace("/en/", "/pl/"));
  const ring = eva.page.getByRole("alertdialog");
  await expect(ring).toContainText("W rozmowie: Anna Nowak i jeszcze 2 osoby");
  for (const name of ["Olga Reed", "Piotr Maly", "Rosa Diaz"]) await comes(name);
  await expect(ring).toContainText("W rozmowie: Anna Nowak i jeszcze 5 osób");
});

test.describe("with room for three", { tag: "@embedded" }, () => {
  test.use({ settings: { VOICE_ROOM_LIMIT: "3" } });

  test("nobody picks more people than a call has room for, and who comes fourth to one reads that it is full", async ({
    parish: { paxora, signIn, account },
  }) => {
    const ben = await signIn("Ben Carter");
    const [anna, clara, david, eva] = await Promise.all(
      ["Anna Nowak", "Clara Ruiz", "David Kowalski", "Eva Lind"].map((name) => account(name)),
    );
    await ben.open(paxora.channel("Parish"));
    await ben.callButton.click();
    const sheet = ben.page.getByRole("dialog", { name: "Who do you want to call?" });
    const [first, second, third] = [anna, clara, david].map(({ name }) => sheet.getByRole("checkbox", { name }));
    const room = sheet.getByText("A call has room for 3 people.");
    await first.check();
    await expect(third).toBeEnabled();
    await expect(room).toBeHidden();
    await second.check();
    await expect(third).toBeDisabled();
    await expect(room).toBeVisible();
    await second.uncheck();
    await expect(third).toBeEnabled();
    await expect(room).toBeHidden();
    await ben.page.keyboard.press("Escape");

    const { call } = await anna.gather(paxora.channel("Parish"));
    await clara.answer(call);
    const join = ben.page.getByRole("button", { name: /^Join/ });
    await expect(join.first()).toBeVisible();
    await david.answer(call);
    await expect(ben.page.locator(".call-refused")).toContainText("The call is full");
    await expect(join).toHaveCount(0);
    await expect(eva.answer(call)).rejects.toThrow(/full/);

    await david.hangUp(call);
    await expect(ben.page.getByRole("button", { name: "Join · 2 people", exact: true })).toBeVisible();
  });
});
