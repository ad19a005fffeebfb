import { axe } from "../support/axe.ts";
import { untilAlive } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test("the colour that somebody chooses for their face is seen by the others at once", { tag: "@without-audio" }, async ({
  parish: { paxora, signIn },
}) => {
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  const members = `${paxora.origin()}/en/community/members`;
  await untilAlive(anna.page, () => anna.page.goto(members));
  await untilAlive(ben.page, () => ben.page.goto(members));
  await ben.page.getByRole("button", { name: "About you" }).click();
  const sheet = ben.page.getByRole("dialog", { name: "About you" });
  for (const number of [5, 9]) {
    const colour = sheet.getByRole("button", { name: `Colour ${number}`, exact: true });
    await colour.click();
    await expect(colour).toHaveAttribute("aria-pressed", "true");
    const row = anna.page.locator(".member", { hasText: "Ben Carter" });
    await expect(row.locator(".avatar")).toHaveClass(new RegExp(`hue-${number - 1}\\b`));
  }
  await expect(sheet.locator("[aria-pressed=true]")).toHaveCount(1);
  await axe(ben.page, { looks: 2 });
  await anna.page.reload();
  await expect(anna.page.locator(".member", { hasText: "Ben Carter" }).locator(".avatar")).toHaveClass(/hue-8\b/);
});
