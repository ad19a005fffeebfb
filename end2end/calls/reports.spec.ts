import { axe, PHONE } from "../support/axe.ts";
import { untilAlive } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test("a message is reported, the coordinators read it as it was, and remove it", { tag: "@without-audio" }, async ({
  parish: { paxora, annaAndBen, signIn },
}) => {
  const [anna, ben] = await annaAndBen();
  await ben.page.setViewportSize(PHONE);
  await anna.write("rude words");
  await ben.line("rude words").getByRole("button", { name: "What to do with this message" }).click();
  const sheet = ben.page.getByRole("dialog");
  await expect(sheet.getByRole("button", { name: "Remove" })).toBeHidden();
  await sheet.getByRole("button", { name: "Report to the coordinators" }).click();
  await sheet.getByLabel("What is the matter?").fill("This is not kind.");
  await axe(ben.page, { looks: 1, state: "the report" });
  await sheet.getByRole("button", { name: "Send the report" }).click();
  await expect(sheet.getByText("The coordinators have your report.")).toBeVisible();

  // Clara coordinates, and does not read what the two write to each other.
  const clara = await signIn("Clara Ruiz");
  await clara.page.setViewportSize(PHONE);
  await untilAlive(clara.page, () => clara.page.goto(`${paxora.origin()}/en/community/chat`));
  await clara.page.getByRole("link", { name: "Reports" }).click();
  const report = clara.page.getByRole("listitem").filter({ hasText: "Ben Carter reports a message of Anna Nowak" });
  await expect(report).toContainText("rude words");
  await expect(report).toContainText("This is not kind.");
  await axe(clara.page);
  await report.getByRole("button", { name: "Remove the message" }).click();
  await clara.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(clara.page.getByText("There is nothing to look at.")).toBeVisible();
  await expect(ben.timeline.getByText("rude words")).toBeHidden();

  // It is about Anna: she is not told, though she is an admin.
  await untilAlive(anna.page, () => anna.page.goto(`${paxora.origin()}/en/community/reports`));
  await expect(anna.page.getByText("There is nothing to look at.")).toBeVisible();
});

test("a member is reported from their card, and whoever coordinates sees it at once", { tag: "@without-audio" }, async ({
  parish: { paxora, signIn },
}) => {
  const clara = await signIn("Clara Ruiz");
  await untilAlive(clara.page, () => clara.page.goto(`${paxora.origin()}/en/community/chat`));
  await expect(clara.page.getByRole("link", { name: "Reports" })).toBeHidden();
  const eva = await signIn("Eva Lind");
  await eva.page.setViewportSize(PHONE);
  await untilAlive(eva.page, () => eva.page.goto(`${paxora.origin()}/en/community/members`));
  await eva.page.getByRole("button", { name: "More about David Kowalski" }).click();
  await eva.page.getByRole("dialog").getByRole("button", { name: "Report to the coordinators" }).click();
  await eva.page.getByRole("button", { name: "Send the report" }).click();
  await expect(eva.page.getByText("The coordinators have your report.")).toBeVisible();

  await clara.page.getByRole("link", { name: "Reports" }).click();
  await expect(clara.page.getByText("Eva Lind reports David Kowalski")).toBeVisible();
  await expect(clara.page.getByRole("button", { name: "Remove from the parish" })).toBeHidden();
  await clara.page.getByRole("button", { name: "Looked at, nothing to remove" }).click();
  await expect(clara.page.getByText("There is nothing to look at.")).toBeVisible();
  await eva.page.goto(`${paxora.origin()}/en/community/reports`);
  await expect(eva.page.getByText("There is nothing here for you.")).toBeVisible();
});
