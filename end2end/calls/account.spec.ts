import { readFileSync } from "node:fs";
import { axe, PHONE } from "../support/axe.ts";
import { untilAlive } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test("somebody takes along what is stored of them, and deletes their account by their password", {
  tag: "@without-audio",
}, async ({ parish: { paxora, device, signIn } }) => {
  test.slow();
  // Felix joins with a password, writes to everybody, and is seen by Ben.
  const felix = (await device()).context;
  const page = await felix.newPage();
  await page.setViewportSize(PHONE);
  await page.goto(`${paxora.origin()}/en/join/${await paxora.invite()}`);
  await page.getByLabel("Your name").fill("Felix Gray");
  await page.getByLabel("E-mail address or user name").fill("felix");
  await page.getByLabel("Choose a password").fill("correct horse");
  await page.getByRole("button", { name: "Join" }).click();
  await page.waitForURL("**/en/community/chat**");
  const ben = await signIn("Ben Carter");
  await ben.open(paxora.channel("Parish"));
  await untilAlive(page, () => page.goto(`${paxora.origin()}/en/community/chat?channel=${paxora.channel("Parish").id}`));
  await page.getByRole("textbox", { name: "Write a message" }).fill("I am new here");
  await page.keyboard.press("Enter");
  await expect(ben.line("I am new here")).toContainText("Felix Gray");

  await untilAlive(page, () => page.goto(`${paxora.origin()}/en/community/members`));
  await page.getByRole("button", { name: "About you" }).click();
  const downloading = page.waitForEvent("download");
  await page.getByRole("link", { name: /^Download what is stored about you/ }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("paxora.json");
  const all = JSON.parse(readFileSync(await download.path(), "utf8"));
  expect(all.profile.name).toBe("Felix Gray");
  expect(all.messages.map(({ text }: { text: string }) => text)).toEqual(["I am new here"]);

  const card = page.getByRole("dialog", { name: "About you" });
  await card.getByRole("button", { name: /^Delete my account/ }).click();
  await expect(card).toContainText("Gone for good");
  await expect(card).toContainText("What stays");
  await axe(page, { looks: 2, state: "the deletion" });
  await card.getByLabel("Your password").fill("wrong horse");
  await card.getByRole("button", { name: "Delete for good" }).click();
  await expect(card.getByText("That is not your password.")).toBeVisible();
  await card.getByLabel("Your password").fill("correct horse");
  await card.getByRole("button", { name: "Delete for good" }).click();
  await page.waitForURL("**/en/sign-in", { timeout: 5_000 });
  await expect(ben.timeline.getByText("I am new here")).toBeHidden();
  await expect(ben.line("This message was taken back.")).toContainText("Someone who left");
});
