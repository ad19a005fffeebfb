import { untilAlive } from "../support/person.ts";
import { expect, say, test } from "../support/test.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

test("a page that is reloaded while it rings rings on, and can answer", async ({ parish: { paxora, signIn } }) => {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  await anna.open(paxora.direct("Anna", "Ben"));
  await ben.open(paxora.channel("Choir"));

  await anna.startCall();
  await expect(ben.ringing(anna)).toBeVisible();
  await ben.reload();
  await expect(ben.ringing(anna)).toBeVisible();
  await ben.accept();
  await anna.hears(ben);
  await ben.hears(anna);
});

test("without the event stream the poll rings", async ({ parish: { paxora, signIn } }) => {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  const channel = paxora.direct("Anna", "Ben");
  await anna.open(channel);
  await ben.page.route("**/api/events**", (route) => route.abort());
  await ben.open(channel);

  await anna.startCall();
  const began = performance.now();
  await expect(ben.ringing(anna)).toBeVisible();
  say("the poll rang after", [performance.now() - began]);

  await ben.accept();
  await anna.hears(ben);
});

test("two calls in the parish channel ring apart, and nobody hears the other call", async ({
  parish: { paxora, signIn },
}) => {
  test.slow();
  const names = ["Anna Nowak", "Ben Carter", "Clara Ruiz", "David Kowalski", "Eva Lind"];
  const people = [];
  for (const name of names) people.push(await signIn(name));
  const [anna, ben, clara, david, eva] = people;
  await Promise.all(people.map((person) => person.open(paxora.channel("Parish"))));

  await anna.startCallTo(ben);
  await expect(ben.ringing(anna)).toBeVisible();
  await clara.startCallTo(david);
  await expect(david.ringing(clara)).toBeVisible();
  await expect(ben.ringing(clara)).toBeHidden();
  await expect(david.ringing(anna)).toBeHidden();
  await expect(eva.ringing()).toBeHidden();
  expect(await eva.activeCall()).toBeNull();

  await ben.accept(anna);
  await david.accept(clara);
  await anna.hearsOnly(ben);
  await ben.hearsOnly(anna);
  await clara.hearsOnly(david);
  await david.hearsOnly(clara);
});

for (const [where, options] of Object.entries({ "a computer": {}, "a phone": PHONE })) {
  test(`on ${where} a call that rings can be answered whatever card was open`, { tag: "@embedded" }, async ({
    parish: { paxora, device, signIn },
  }) => {
    const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter", await device("Ben Carter", options))];
    await anna.open(paxora.direct("Anna", "Ben"));
    await untilAlive(ben.page, () => ben.page.goto(`${paxora.origin()}/en/community/chat`));
    await ben.page.getByRole("button", { name: "Write to somebody" }).click();
    const card = ben.page.getByRole("dialog");
    await card.getByRole("searchbox").fill("Clara");

    await anna.startCall();
    const accept = ben.ringing(anna).getByRole("button", { name: "Accept" });
    await expect(accept).toBeFocused();
    await expect(card).toBeHidden();
    await (where === "a phone" ? accept.tap() : accept.click());
    await ben.hears(anna);
    await ben.press("Mute");
    await anna.hearsNothing();
  });
}

test("a card goes with the place where it was opened", { tag: "@without-audio" }, async ({ parish: { paxora, signIn } }) => {
  const ben = await signIn("Ben Carter");
  await ben.page.setViewportSize(PHONE.viewport);
  await ben.open(paxora.channel("Choir"));
  await ben.page.getByRole("link", { name: "Back to all channels" }).click();
  await ben.page.getByRole("button", { name: "Write to somebody" }).click();
  await expect(ben.page.getByRole("dialog")).toBeVisible();
  await ben.page.evaluate(() => history.back());
  await ben.composer.click();
  await expect(ben.composer).toBeFocused();
  await ben.page.evaluate(() => history.forward());
  await expect(ben.page.getByRole("button", { name: "Write to somebody" })).toBeVisible();
  await expect(ben.page.getByRole("dialog")).toBeHidden();
});
