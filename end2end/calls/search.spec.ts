import { PHONE, axe } from "../support/axe.ts";
import { expect, test } from "../support/test.ts";

test.describe("looking for words", { tag: ["@without-audio", "@embedded"] }, () => {
  test("a message is found without its accents, and a tap leads to it, and from there to now", async ({
    parish: { account, paxora, signInAgain },
  }) => {
    const channel = paxora.direct("Anna", "Ben");
    // Two, since one alone may not write so much at once.
    const writers = [await account("Ben Carter"), await account("Anna Nowak")];
    await writers[0].write(channel, "Próba chóru w środę o siódmej");
    for (let number = 1; number <= 54; number++) await writers[number % 2].write(channel, `Line ${number}`);

    const anna = await signInAgain("Anna Nowak");
    await anna.page.setViewportSize(PHONE);
    await anna.open(channel);
    await expect(anna.line("Line 54")).toBeVisible();
    await anna.page.getByRole("link", { name: "Search in this channel" }).click();
    const field = anna.page.getByRole("searchbox", { name: "Words to look for" });
    await expect(field).toBeFocused();
    await axe(anna.page, { state: "the empty search" });
    await field.fill("CHORU sroda");
    await field.press("Enter");
    await expect(anna.page.getByText("No message has these words in it.")).toBeVisible();
    await field.fill("choru srode");
    await anna.page.getByRole("button", { name: "Search" }).click();
    const found = anna.page.getByRole("region", { name: "What was found" });
    await expect(found.getByRole("listitem")).toHaveCount(1);
    await expect(found.locator("mark")).toHaveText(["chóru", "środę"]);
    await axe(anna.page, { state: "what was found" });
    await found.getByRole("link", { name: /Ben Carter/ }).click();

    const past = anna.page.getByRole("region", { name: "Messages" });
    const line = past.getByRole("listitem").filter({ hasText: "Próba chóru" });
    await expect(line).toBeInViewport();
    await expect(past).toContainText("You looked for this");
    await expect(past).not.toContainText("Line 54");
    await axe(anna.page, { state: "a line of long ago" });
    await past.getByRole("link", { name: "Show later messages" }).click();
    await expect(past.getByText("Line 40", { exact: true })).toBeVisible();
    // What was found is still there, one step back.
    await anna.page.goBack();
    await expect(line).toBeInViewport();
    await anna.page.goBack();
    await expect(found.getByRole("listitem")).toHaveCount(1);
    await anna.page.getByRole("link", { name: "Back to the messages" }).click();
    await expect(anna.line("Line 54")).toBeVisible();
    await expect(anna.composer).toBeVisible();
  });

  test("more is found page by page, and a removed message not at all", async ({ parish: { account, paxora, signIn } }) => {
    const channel = paxora.direct("Anna", "Ben");
    const ben = await account("Ben Carter");
    for (let number = 1; number <= 25; number++) await ben.write(channel, `Candle ${number}`);
    const anna = await signIn("Anna Nowak");
    await anna.open(channel);
    await anna.page.goto(`${anna.page.url()}&search=candle`);
    const hits = anna.page.getByRole("region", { name: "What was found" }).getByRole("listitem");
    await expect(hits).toHaveCount(20);
    await expect(hits.first()).toContainText("Candle 25");
    await anna.page.getByRole("button", { name: "Show earlier ones" }).click();
    await expect(hits).toHaveCount(25);
    await expect(anna.page.getByRole("button", { name: "Show earlier ones" })).toBeHidden();
  });
});
