import type { Page } from "@playwright/test";
import { axe, PHONE } from "../support/axe.ts";
import { type Person, untilAlive } from "../support/person.ts";
import { expect, type Parish, test } from "../support/test.ts";

/** What the clock of the parish shows, so many hours from now: as long as nobody has set it, it shows UTC. */
const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);

async function open({ paxora }: Parish, page: Page, path: string): Promise<void> {
  await page.setViewportSize(PHONE);
  await untilAlive(page, () => page.goto(`${paxora.origin()}/en/community/${path}`));
}

/** Somebody chooses quiet hours that have begun, on their own page. */
async function keepsQuiet(parish: Parish, person: Person): Promise<void> {
  await open(parish, person.page, "phone");
  await expect(person.page.getByText("You have no quiet hours.")).toBeVisible();
  await person.page.getByLabel("From").fill(inHours(-1));
  await person.page.getByLabel("Until").fill(inHours(2));
  await person.page.getByRole("button", { name: "Save quiet hours" }).click();
  await expect(person.page.getByText(/^Quiet every day from /)).toBeVisible();
}

test("in quiet hours no page rings, the caller reads why, and rings all the same when it is urgent", {
  tag: "@without-audio",
}, async ({ parish }) => {
  const ben = await parish.signIn("Ben Carter");
  await keepsQuiet(parish, ben);
  await axe(ben.page);
  const anna = await parish.signIn("Anna Nowak");
  await anna.page.setViewportSize(PHONE);
  await anna.open(parish.paxora.direct("Anna", "Ben"));
  await anna.startCall();
  await expect(anna.call.getByText("Ben Carter has quiet hours", { exact: true }).first()).toBeVisible();
  await expect(anna.call.getByText(/no phone of theirs rings/)).toBeVisible();
  await axe(anna.page, { looks: 1 });
  await expect(ben.ringing()).toBeHidden();
  await anna.call.getByRole("button", { name: "It is urgent: ring" }).click();
  await expect(ben.ringing(anna)).toBeVisible();
  await expect(anna.call.getByRole("button", { name: "It is urgent: ring" })).toBeHidden();
});

test.describe("with a ring of three seconds", { tag: "@without-audio" }, () => {
  test.use({ settings: { RING_SECONDS: "3" } });

  test("a call in quiet hours waits as missed, and a member cannot make it urgent", async ({ parish }) => {
    const clara = await parish.signIn("Clara Ruiz");
    await keepsQuiet(parish, clara);
    const david = await parish.signIn("David Kowalski");
    await david.open(parish.paxora.direct("Clara", "David"));
    await david.startCall();
    await expect(david.call.getByText(/no phone of theirs rings/)).toBeVisible();
    await expect(david.call.getByRole("button", { name: "It is urgent: ring" })).toBeHidden();
    await expect(david.afterwards).toContainText("Clara Ruiz has quiet hours");
    await expect(clara.ringing()).toBeHidden();
    await open(parish, clara.page, "chat");
    await expect(clara.page.getByRole("link", { name: /Calls/ })).toContainText("1");
    // She has had enough of the quiet.
    await open(parish, clara.page, "phone");
    await clara.page.getByRole("button", { name: "No quiet hours" }).click();
    await expect(clara.page.getByText("You have no quiet hours.")).toBeVisible();
    await david.startCall();
    await expect(clara.ringing(david)).toBeVisible();
  });
});

test("an admin sets the clock of the parish, and quiet hours go by it", { tag: "@without-audio" }, async ({ parish }) => {
  const anna = await parish.signIn("Anna Nowak");
  await open(parish, anna.page, "members");
  await expect(anna.page.getByText("Nobody has set it yet")).toBeVisible();
  await anna.page.getByLabel("Time zone").selectOption("Europe/Warsaw");
  await anna.page.getByRole("button", { name: "Set the clock" }).click();
  await expect(anna.page.getByText("It stands at Europe/Warsaw.")).toBeVisible();
  await axe(anna.page);
  const ben = await parish.signIn("Ben Carter");
  await open(parish, ben.page, "phone");
  await expect(ben.page.getByText("By the clock of the parish: Europe/Warsaw.")).toBeVisible();
  await open(parish, ben.page, "members");
  await expect(ben.page.getByRole("heading", { name: "The clock of the parish" })).toBeHidden();
});
