import { axe } from "../support/axe.ts";
import { intercept } from "../support/network.ts";
import { expect, test } from "../support/test.ts";

const HELP = ["network", "sound", "ringing", "calls", "sign-in"];

test.describe("pages that are only read", { tag: "@without-audio" }, () => {
  test("what is kept of people can be read before anybody signs in, without a script", async ({ parish: { paxora, device } }) => {
    const page = await (await device(undefined, { javaScriptEnabled: false })).context.newPage();
    await page.goto(`${paxora.origin()}/en/sign-in`);
    await page.getByRole("link", { name: "What is kept of you" }).click();
    await expect(page.getByRole("heading", { name: "What Paxora keeps of you", level: 1 })).toBeVisible();
    await expect(page.getByText("They are not end-to-end encrypted")).toBeVisible();
    await expect(page.getByText("deleted 90 days after it ended")).toBeVisible();
    await page.getByRole("link", { name: "Polski" }).click();
    await expect(page.getByRole("heading", { name: "Co Paxora o Tobie przechowuje", level: 1 })).toBeVisible();
    await page.getByRole("link", { name: "Wróć" }).click();
    await expect(page).toHaveURL(/\/pl\/sign-in$/);
  });

  test("nothing in them keeps anybody out, and one leads to the other", async ({ parish: { paxora, signIn } }) => {
    test.slow();
    const { page } = await signIn("Ben Carter");
    await page.goto(`${paxora.origin()}/en/community/members`);
    await page.getByRole("button", { name: "About you" }).click();
    await page.getByRole("link", { name: "What is kept of you" }).click();
    await expect(page.getByRole("heading", { name: "What Paxora keeps of you" })).toBeVisible();
    await axe(page);
    // In another language without a step in between.
    await page.getByRole("link", { name: "Español" }).click();
    await expect(page.getByRole("heading", { name: "Qué guarda Paxora de usted" })).toBeVisible();
    for (const about of HELP) {
      await page.goto(`${paxora.origin()}/en/help/${about}`);
      await expect(page.getByRole("heading", { name: "More help" })).toBeVisible();
      await axe(page, { looks: 2, state: about });
    }
    await page.getByRole("link", { name: "The phone does not ring" }).click();
    await page.getByRole("link", { name: "Will this phone ring?" }).click();
    await expect(page.getByRole("heading", { name: "Will this phone ring?", level: 1 })).toBeVisible();
    await page.getByRole("link", { name: "What can I do?" }).last().click();
    await expect(page.getByRole("heading", { name: "The phone does not ring", level: 1 })).toBeVisible();
  });

  test("a message that cannot be sent leads to what can be done about the network", async ({ parish: { paxora, signIn } }) => {
    const ben = await signIn("Ben Carter");
    await ben.open(paxora.channel("Choir"));
    await intercept(ben.page, "/api/post_message", () => "lost");
    await ben.page.getByRole("textbox", { name: "Write a message" }).fill("Good morning");
    await ben.page.getByRole("button", { name: "Send", exact: true }).click();
    await ben.page.getByRole("link", { name: "What can I do?" }).click();
    await expect(ben.page.getByRole("heading", { name: "The connection is poor" })).toBeVisible();
  });
});
