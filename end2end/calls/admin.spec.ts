import { axe } from "../support/axe.ts";
import { untilAlive } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test.describe("the parish in numbers", { tag: "@without-audio" }, () => {
  test("an admin finds it among the people, reads on a phone and on a computer what runs, and nobody is kept out", async ({
    parish: { paxora, signIn },
  }) => {
    test.slow();
    const anna = await signIn("Anna Nowak");
    await untilAlive(anna.page, () => anna.page.goto(`${paxora.origin()}/en/community/members`));
    await anna.page.getByRole("link", { name: "The parish in numbers" }).click();
    await expect(anna.page.getByRole("heading", { name: "The parish in numbers", level: 1 })).toBeVisible();
    const figures = anna.page.getByRole("region", { name: "Calls, week by week" });
    await expect(figures.getByRole("row")).toHaveCount(9);
    const fact = (what: string) => anna.page.locator("dt", { hasText: what }).locator("xpath=following-sibling::dd");
    await expect(fact("In use")).toHaveText("The built-in one");
    await expect(fact("State")).toHaveText("It answers");
    await expect(fact("Database")).toHaveText("SQLite");
    await expect(fact("Calls are kept for")).toHaveText("90 days");
    await axe(anna.page);
    // Nothing is wider than a phone but the tables, which move by themselves.
    await anna.page.setViewportSize({ width: 390, height: 844 });
    expect(await anna.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });

  test("a coordinator sees the parish and not the server, and a member is told that it is not for them", async ({
    parish: { paxora, signIn },
  }) => {
    const clara = await signIn("Clara Ruiz");
    await clara.page.goto(`${paxora.origin()}/en/community/admin`);
    await expect(clara.page.getByRole("heading", { name: "Calls, week by week" })).toBeVisible();
    await expect(clara.page.getByRole("heading", { name: "What is set" })).toBeHidden();
    const ben = await signIn("Ben Carter");
    await ben.page.goto(`${paxora.origin()}/en/community/admin`);
    await expect(ben.page.getByText("You may not do this.")).toBeVisible();
    await ben.page.goto(`${paxora.origin()}/en/community/members`);
    await expect(ben.page.getByRole("link", { name: "The parish in numbers" })).toBeHidden();
  });
});
