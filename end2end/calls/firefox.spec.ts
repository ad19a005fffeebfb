import { expect, test } from "../support/test.ts";

test("someone with Firefox answers someone with Chromium: they hear each other, mute and hang up", async ({
  parish: { paxora, signIn, firefox },
}) => {
  test.slow();
  const [anna, ben] = await Promise.all([signIn("Anna Nowak"), firefox("Ben Carter")]);
  await anna.open(paxora.direct("Anna", "Ben"));
  await ben.open(paxora.channel("Choir"));

  await anna.startCall();
  await ben.press("Accept");
  await ben.hears(anna);
  await anna.hears(ben);

  await anna.press("Mute");
  await ben.hearsNothing();
  await anna.press("Unmute");
  await ben.hears(anna);
  await ben.press("Mute");
  await anna.hearsNothing();
  await ben.press("Unmute");
  await anna.hears(ben);

  await ben.press("End call");
  await expect(anna.call).toBeHidden();
  await expect(anna.page.getByText(/^Voice call · \d+s$/)).toBeVisible();
});
