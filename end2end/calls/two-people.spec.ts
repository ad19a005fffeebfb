import { intercept } from "../support/network.ts";
import { microphones } from "../support/spy.ts";
import { expect, test } from "../support/test.ts";

test("two people call, hear each other, mute and hang up", async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();

  await anna.startCall();
  await expect(ben.ringing(anna)).toBeVisible();
  await expect(ben.page.getByRole("alertdialog").getByRole("button")).toHaveText(["Decline", "Silence", "Accept"]);
  await ben.accept();
  await expect(anna.call).toBeVisible();
  await expect(ben.call).toBeVisible();
  await expect(ben.ringing()).toBeHidden();

  await anna.hears(ben);
  await ben.hears(anna);
  for (const [person, other] of [[anna, ben], [ben, anna]] as const) {
    await expect(person.call.getByRole("timer")).toHaveText(/^0:[0-5]\d$/);
    await expect(person.call.getByRole("listitem")).toContainText([other.name]);
  }

  await anna.press("Mute");
  await ben.hearsNothing();
  await anna.hears(ben);
  await anna.press("Unmute");
  await ben.hears(anna);

  await ben.hangUp();
  for (const person of [anna, ben]) {
    await expect(person.call).toBeHidden();
    await expect(person.page.getByText(/^Voice call · \d+s$/)).toBeVisible();
    expect(await microphones(person.page)).toEqual({ opened: 1, open: 0 });
  }
});

test("a page that is reloaded in a call comes back into it, as muted as it was", async ({ parish: { annaAndBen } }) => {
  const [anna, ben] = await annaAndBen();
  await anna.startCall();
  await ben.accept();
  await anna.hears(ben);
  await ben.press("Mute");
  await anna.hearsNothing();

  await ben.reload();
  await ben.hears(anna);
  await anna.hearsNothing();
  await ben.press("Unmute");
  await anna.hears(ben);
});

test("a call that cannot be made says so and lets go of the microphone", { tag: "@without-audio" }, async ({
  parish: { paxora, signIn },
}) => {
  const anna = await signIn("Anna Nowak");
  await anna.open(paxora.direct("Anna", "Ben"));
  await intercept(anna.page, "/api/voice/initiate_call", () => ({
    status: 503,
    headers: { serverfnerror: "/api/voice/initiate_call" },
    json: { problem: "voice_server_down", message: "Calls do not work right now." },
  }));
  await anna.startCall();
  await expect(anna.page.getByRole("alert").filter({ hasText: "Calls do not work right now" })).toBeVisible();
  await expect.poll(() => microphones(anna.page)).toEqual({ opened: 1, open: 0 });
  await expect(anna.callButton).toBeEnabled();
});

test("two windows of one browser, on localhost and on 127.0.0.1, are two people who can call each other", async ({
  parish: { paxora, device, signIn },
}) => {
  const browser = await device("Anna Nowak");
  const anna = await signIn("Anna Nowak", browser, "localhost");
  const ben = await signIn("Ben Carter", browser, "127.0.0.1");
  const channel = paxora.direct("Anna", "Ben");
  await anna.open(channel);
  await ben.open(channel);

  await anna.startCall();
  await ben.accept(anna);
  await anna.hears(ben);
  await ben.hears(anna);
});

test("a call goes on while its people walk through the app", async ({ parish: { paxora, signIn } }) => {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  await anna.open(paxora.direct("Anna", "Ben"));
  await ben.open(paxora.channel("Choir"));

  await anna.startCall();
  await ben.accept(anna);
  await anna.hears(ben);
  await ben.page.getByRole("link", { name: "Parish" }).click();
  await ben.page.waitForURL(`**/chat?channel=${paxora.channel("Parish").id}`);
  await expect(ben.call).toBeVisible();
  await anna.hears(ben);
  await ben.hears(anna);
});
