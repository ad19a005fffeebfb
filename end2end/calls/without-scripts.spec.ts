import { PASSWORD, loginOf } from "../support/account.ts";
import { PHONE, axe } from "../support/axe.ts";
import { expect, test } from "../support/test.ts";

test.describe("without JavaScript", { tag: ["@without-audio", "@embedded"] }, () => {
  test("somebody signs in, reads a channel, and writes, once", async ({ parish: { account, device, paxora } }) => {
    const parish = paxora.channel("Parish");
    await account("Greta Lang");
    const ben = await account("Ben Carter");
    await ben.write(parish, "Is anybody there?");
    const { context } = await device(undefined, { javaScriptEnabled: false, viewport: PHONE });
    const page = await context.newPage();

    await page.goto(`${paxora.origin()}/en/community/chat`);
    await expect(page).toHaveURL(/\/en\/sign-in$/);
    await expect(page.getByText("JavaScript is switched off in this browser.")).toBeInViewport();
    await page.getByLabel("E-mail address or user name").fill(loginOf("Greta Lang"));
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).first().click();
    await page.getByRole("link", { name: new RegExp(`^${parish.name}`) }).click();

    const line = (text: string) => page.getByRole("log", { name: "Messages" }).getByRole("listitem").filter({ hasText: text });
    await expect(line("Is anybody there?")).toBeInViewport();
    await expect(line("Is anybody there?")).toContainText("Ben Carter");
    const composer = page.getByRole("textbox", { name: "Write a message" });
    await expect(composer).toBeInViewport();
    await composer.fill("I am <b>here</b>.\nWithout a script.");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(line("I am <b>here</b>.")).toHaveCount(1);
    await expect(page).toHaveURL(`${paxora.origin()}/en/community/chat?channel=${parish.id}`);
    await page.reload();
    await expect(line("I am <b>here</b>.")).toHaveCount(1);
    await expect(composer).toHaveValue("");

    // Nothing to say: the reason, and the form again.
    await composer.fill("  ");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByRole("alert")).toContainText(["Not sent. A message must have 1 to 4,000 characters."]);
    await composer.fill("Now something.");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(line("Now something.")).toHaveCount(1);
  });

  test("a browser that is too old is told so, and nobody else", async ({ parish: { paxora, signIn, device } }) => {
    const said = "This browser is too old for calls.";
    const anna = await signIn("Anna Nowak");
    await anna.open(paxora.direct("Anna", "Ben"));
    await expect(anna.page.getByText(said)).toBeHidden();
    const chat = `${paxora.origin()}/en/community/chat?channel=${paxora.channel("Parish").id}`;
    const [old, older] = [await device(), await device()];
    await old.context.addInitScript(() => Object.assign(WebAssembly, { validate: () => false }));
    // What it does not know is an error to it.
    await older.context.route("**/app.js", (route) => route.fulfill({ contentType: "text/javascript", body: "export default ?;" }));
    const [ben, clara] = [await signIn("Ben Carter", old), await signIn("Clara Ruiz", older)];
    for (const { page } of [ben, clara]) {
      await page.goto(chat);
      await expect(page.getByText(said)).toBeInViewport();
    }
    await axe(ben.page, { state: "a browser that is too old" });
  });
});
