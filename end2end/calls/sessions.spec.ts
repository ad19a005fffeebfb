import { axe, PHONE } from "../support/axe.ts";
import { PASSWORD } from "../support/account.ts";
import { untilAlive } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test("somebody sees where they are signed in, signs out there, and the page there ends by itself", {
  tag: "@without-audio",
}, async ({ parish: { paxora, signIn, signInAgain } }) => {
  const phone = await signIn("Ben Carter");
  await phone.open(paxora.channel("Parish"));
  const laptop = await signInAgain("Ben Carter");
  const { page } = laptop;
  await page.setViewportSize(PHONE);
  await untilAlive(page, () => page.goto(`${paxora.origin()}/en/community/members`));
  await page.getByRole("button", { name: "About you" }).click();
  const card = page.getByRole("dialog", { name: "About you" });
  await card.getByRole("button", { name: /^Where you are signed in/ }).click();
  const known = card.getByRole("listitem");
  await expect(known).toHaveCount(2);
  await expect(known.filter({ hasText: "This device" })).toContainText("Chrome on Linux");
  await expect(known.filter({ hasText: "Last seen: Today" })).toHaveCount(1);
  await axe(page, { looks: 4, state: "the devices" });
  await known.filter({ hasText: "Last seen" }).getByRole("button", { name: "Sign out of Chrome on Linux" }).click();
  await expect(known).toHaveCount(1);
  await phone.page.waitForURL("**/en/sign-in", { timeout: 10_000 });
});

test("another password signs out everywhere else, and what is guessed first is not taken", {
  tag: "@without-audio",
}, async ({ parish: { paxora, device } }) => {
  test.slow();
  const join = await (await device()).context.newPage();
  await join.goto(`${paxora.origin()}/en/join/${await paxora.invite()}`);
  await join.getByLabel("Your name").fill("Felix Gray");
  await join.getByLabel("E-mail address or user name").fill("felix");
  await join.getByLabel("Choose a password").fill("FelixGray26");
  await join.getByRole("button", { name: "Join" }).click();
  await expect(join.getByText("This password is too easy to guess.")).toBeVisible();
  await join.getByLabel("Choose a password").fill(PASSWORD);
  await join.getByRole("button", { name: "Join" }).click();
  await join.waitForURL("**/en/community/chat**");

  const page = await (await device()).context.newPage();
  await page.setViewportSize(PHONE);
  await page.goto(`${paxora.origin()}/en/sign-in`);
  await page.getByLabel("E-mail address or user name").fill("felix");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL("**/en/community/chat**");
  await untilAlive(page, () => page.goto(`${paxora.origin()}/en/community/members`));
  await page.getByRole("button", { name: "About you" }).click();
  const card = page.getByRole("dialog", { name: "About you" });
  await card.getByRole("button", { name: /^Change your password/ }).click();
  await axe(page, { looks: 2, state: "another password" });
  await card.getByLabel("Your password now").fill("wrong horse");
  await card.getByLabel("Your new password").fill("another five words");
  await card.getByRole("button", { name: "Change password" }).click();
  await expect(card.getByText("That is not your password.")).toBeVisible();
  await card.getByLabel("Your password now").fill(PASSWORD);
  await card.getByRole("button", { name: "Change password" }).click();
  await expect(card.getByText("You have a new password")).toBeVisible();
  await join.waitForURL("**/en/sign-in", { timeout: 10_000 });
});
