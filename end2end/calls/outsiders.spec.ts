import { expect, test } from "../support/test.ts";

test.describe("outsiders", { tag: "@without-audio" }, () => {
  test("a sign-in link opens the parish with one tap, once", async ({ parish: { paxora, device } }) => {
    const anna = paxora.person("Anna Nowak");
    const { context } = await device(anna.name);
    const page = await context.newPage();
    await page.goto(paxora.link(anna));
    await page.getByRole("button", { name: `Sign in as ${anna.name}` }).click();
    await page.waitForURL("**/en/community/chat**");
    await expect(page.getByRole("link", { name: "Choir" })).toBeVisible();
    await page.goto(paxora.link(anna));
    await expect(page.getByRole("button", { name: "Sign in as" })).toBeHidden();
  });

  test("an outsider sees no call button, no ring and gets the same 404 as for a call that does not exist", async ({
    parish: { paxora, signIn },
  }) => {
    const [anna, ben, david] = [await signIn("Anna Nowak"), await signIn("Ben Carter"), await signIn("David Kowalski")];
    const channel = paxora.direct("Anna", "Ben");
    await anna.open(channel);
    await ben.open(paxora.channel("Choir"));
    await david.open(channel);
    await expect(david.callButton).toBeHidden();

    await anna.startCall();
    await expect(ben.ringing(anna)).toBeVisible();
    const call = await ben.activeCall();
    expect(call).toMatchObject({ channelId: channel.id, status: "ringing" });
    await expect(david.ringing()).toBeHidden();
    expect(await david.activeCall()).toBeNull();

    const refused = await david.get(`/api/voice/token?callId=${call?.id}`);
    const unknown = await david.get("/api/voice/token?callId=019a0000-0000-7000-8000-000000000000");
    expect(refused.status()).toBe(404);
    expect(unknown.status()).toBe(404);
    expect(await refused.text()).toBe(await unknown.text());
  });

  test("nobody gets a token who is not signed in", async ({ parish: { paxora, signIn }, playwright }) => {
    const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
    await anna.open(paxora.direct("Anna", "Ben"));
    await ben.open(paxora.channel("Choir"));
    await anna.startCall();
    await expect(ben.ringing(anna)).toBeVisible();
    const call = await ben.activeCall();

    const stranger = await playwright.request.newContext({ baseURL: paxora.origin() });
    const answer = await stranger.get(`/api/voice/token?callId=${call?.id}`);
    expect(answer.status()).toBe(401);
    await stranger.dispose();
  });
});
