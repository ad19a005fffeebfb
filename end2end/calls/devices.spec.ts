import { held, intercept } from "../support/network.ts";
import { expect, test } from "../support/test.ts";

test("a call rings on both devices, is answered on one, and moves to the other if asked to", async ({
  parish: { paxora, annaAndBen, signInAgain },
}) => {
  const [anna, phone] = await annaAndBen();
  const laptop = await signInAgain("Ben Carter");
  await laptop.open(paxora.direct("Anna", "Ben"));

  await anna.startCall();
  await expect(laptop.ringing(anna)).toBeVisible();
  await phone.accept(anna);
  await expect(laptop.ringing()).toBeHidden();
  await expect(laptop.call).toBeHidden();
  await anna.hears(phone);

  await laptop.page.getByRole("button", { name: /^Join/ }).click();
  await expect(laptop.call).toBeVisible();
  await laptop.hears(anna);
  await anna.hears(laptop);
  await expect(phone.call).toBeHidden();
  await laptop.hangUp();
  await expect(anna.call).toBeHidden();
});

test("of two devices that answer at once, one talks and the other is told where it was answered", {
  tag: "@without-audio",
}, async ({ parish: { paxora, annaAndBen, signInAgain } }) => {
  const [anna, phone] = await annaAndBen();
  const laptop = await signInAgain("Ben Carter");
  await laptop.open(paxora.direct("Anna", "Ben"));
  await anna.startCall();
  await expect(phone.ringing(anna)).toBeVisible();
  await expect(laptop.ringing(anna)).toBeVisible();
  // The laptop's answer is under way while the phone's arrives.
  const answer = await held(laptop.page, "/api/voice/answer_call");
  await laptop.accept(anna);
  await answer.arrived;
  await phone.accept(anna);
  await expect(phone.call).toBeVisible();
  answer.letGo();
  await expect(laptop.page.getByText("This call was answered on another device.")).toBeVisible();
  await expect(laptop.call).toBeHidden();
});

test("an answer whose reply is lost on the way is sent again, and is one answer", async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await expect(ben.ringing(anna)).toBeVisible();
  let sent = 0;
  await intercept(ben.page, "/api/voice/answer_call", () => {
    sent += 1;
    // It reaches the server, and the network breaks before the reply is back.
    return sent === 1 ? "unheard" : "sent";
  });
  await ben.accept(anna);
  await expect.poll(() => sent).toBe(2);
  await ben.hears(anna);
  await anna.hears(ben);
});

test("whoever is in a call is asked before another one begins, and switches", async ({
  parish: { paxora, annaAndBen, signIn, signInAgain },
}) => {
  const [anna, ben] = await annaAndBen();
  const clara = await signIn("Clara Ruiz");
  await clara.open(paxora.channel("Choir"));
  await anna.startCall();
  await ben.accept(anna);
  await anna.hears(ben);

  // On her other device.
  const laptop = await signInAgain("Anna Nowak");
  await laptop.open(paxora.channel("Choir"));
  await laptop.startCall();
  await expect(laptop.page.getByText("You are in another call.")).toBeVisible();
  await expect(laptop.call).toBeHidden();
  await laptop.page.getByRole("button", { name: "Leave it and join this one" }).click();
  await expect(laptop.call).toBeVisible();
  await expect(anna.call).toBeHidden();
  await expect(ben.call).toBeHidden();
  await clara.accept();
  await clara.hears(laptop);
});

test("whoever is taken out of the parish is out of the call within five seconds, and the others talk on", async ({
  parish: { paxora, signIn },
}) => {
  const choir = paxora.channel("Choir");
  const [anna, ben, clara] = await Promise.all(["Anna Nowak", "Ben Carter", "Clara Ruiz"].map((name) => signIn(name)));
  for (const person of [anna, ben, clara]) await person.open(choir);
  await anna.startCall();
  await ben.accept();
  await clara.accept();
  await anna.hears(ben);
  await clara.hears(ben);
  await paxora.removeFromParish("Ben Carter");
  await expect(ben.call).toBeHidden({ timeout: 5_000 });
  await expect(ben.page).toHaveURL(/sign-in/);
  await anna.hearsOnly(clara);
  await clara.hearsOnly(anna);
});
