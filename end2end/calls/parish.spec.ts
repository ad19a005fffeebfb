import type { Page } from "@playwright/test";
import { loginOf } from "../support/account.ts";
import { axe } from "../support/axe.ts";
import { watchForScripts } from "../support/hostile.ts";
import { intercept } from "../support/network.ts";
import { untilAlive } from "../support/person.ts";
import { deafen, sometimesDeaf } from "../support/spy.ts";
import { expect, type Parish, test } from "../support/test.ts";

/** The page of somebody who looks at the people of the parish. */
async function members({ paxora, signIn }: Parish, name: string): Promise<Page> {
  const { page } = await signIn(name);
  await untilAlive(page, () => page.goto(`${paxora.origin()}/en/community/members`));
  return page;
}

/** What a link that was handed out leads to. */
const handedOut = (page: Page): Promise<string> => page.getByRole("textbox", { name: "Link" }).inputValue();

/** Makes an account by an invitation. */
async function join(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("E-mail address or user name").fill(loginOf(name));
  await page.getByLabel("Choose a password").fill("correct horse");
  // From the answer on, the page hears what changes.
  const hears = page.waitForResponse("**/api/events");
  await page.getByRole("button", { name: "Join" }).click();
  await page.waitForURL("**/en/community/chat**");
  await hears;
}

/** Makes a group of these people. */
async function makeGroup(page: Page, name: string, ...people: string[]): Promise<void> {
  await page.getByRole("button", { name: "New group" }).click();
  const sheet = page.getByRole("dialog", { name: "New group" });
  await sheet.getByLabel("Name of the group").fill(name);
  for (const person of people) await sheet.getByRole("checkbox", { name: person }).check();
  await sheet.getByRole("button", { name: `Make the group with ${people.length} ` }).click();
  await expect(sheet).toBeHidden();
}

/** Somebody who has no account yet, or has forgotten how to sign in. */
async function stranger({ device }: Parish): Promise<Page> {
  return (await device()).context.newPage();
}

test("a new person comes by an invitation, is put into a new group, and the group is called", {
  tag: "@embedded",
}, async ({ parish }) => {
  test.slow();
  const clara = await members(parish, "Clara Ruiz");
  await clara.getByLabel("For how many people").selectOption("1");
  await clara.getByRole("button", { name: "Make an invitation link" }).click();
  const invitation = clara.getByRole("dialog", { name: "Invitation" });
  await expect(invitation.getByRole("img", { name: "The link, for a phone’s camera" })).toBeVisible();
  const link = await handedOut(clara);
  await invitation.getByRole("button", { name: "Close" }).click();
  await expect(clara.getByText("1 person can still use it")).toBeVisible();

  const felix = await stranger(parish);
  await join(felix, link, "Felix Gray");

  // Her page learns of it by itself.
  await expect(clara.getByRole("button", { name: "Call Felix Gray" })).toBeVisible();
  await makeGroup(clara, "Youth", "Felix Gray");

  // So does his.
  await felix.getByRole("link", { name: "Youth" }).click();
  await felix.getByRole("button", { name: "Who is in it: Youth" }).click();
  await expect(felix.getByRole("dialog", { name: "Youth" }).getByRole("listitem")).toHaveText([/Clara Ruiz/, /Felix Gray/]);
  await felix.keyboard.press("Escape");
  await clara.getByRole("link", { name: "Youth" }).click();
  await clara.getByRole("button", { name: "Start voice call" }).click();
  const ring = felix.getByRole("alertdialog").filter({ hasText: "Clara Ruiz" });
  await expect(ring).toContainText("Youth");
  await ring.getByRole("button", { name: "Accept" }).click();
  await expect(clara.getByRole("region", { name: "Voice call" })).toContainText("Felix Gray");
});

test("a volunteer opens a parish, invites, makes two groups and calls one of them, as the README says", {
  tag: "@embedded",
}, async ({ parish }) => {
  test.slow();
  const [admin, gina, hugo] = [await stranger(parish), await stranger(parish), await stranger(parish)];
  await join(admin, await parish.paxora.openParish("St. Zita"), "Zofia Lis");
  await admin.getByRole("link", { name: "People and groups" }).click();
  await admin.getByRole("button", { name: "Make an invitation link" }).click();
  const link = await handedOut(admin);
  await admin.keyboard.press("Escape");
  await join(gina, link, "Gina Bell");
  await join(hugo, link, "Hugo Stone");
  await expect(admin.getByText("18 people can still use it")).toBeVisible();
  await makeGroup(admin, "Choir", "Gina Bell");
  await makeGroup(admin, "Council", "Gina Bell", "Hugo Stone");
  await admin.getByRole("link", { name: "Choir" }).click();
  await admin.getByRole("button", { name: "Start voice call" }).click();
  await expect(gina.getByRole("alertdialog")).toContainText("Choir");
  await expect(hugo.getByRole("link", { name: "Council" })).toBeVisible();
  await expect(hugo.getByRole("alertdialog")).toBeHidden();
});

test("names are read as they were written on every page, whatever they are", { tag: "@embedded" }, async ({ parish }) => {
  test.slow();
  // Each ends what it may stand in: an element, an attribute, what the server tells the page's scripts.
  const [place, group, anna, ben] = [
    `<iframe srcdoc="<script>parent.alarm(1)</script>"></iframe>`,
    `</title></dd></ul><svg/onload=alarm("group")>`,
    `</script><script>alarm("Anna")</script>`,
    `"><img src=x onerror=alarm("Ben")>`,
  ];
  const [admin, member] = [await stranger(parish), await stranger(parish)];
  const alarms = [admin, member].flatMap(watchForScripts);
  // Also as the server writes it.
  const reads = async (page: Page, path: string, ...names: string[]) => {
    await untilAlive(page, () => page.goto(`${parish.paxora.origin()}/en/community/${path}`));
    for (const name of names) await expect(page.getByRole("main").getByText(name).filter({ visible: true }).first(), path).toBeVisible();
    await expect(page.locator("img[src=x], iframe, [onload]"), path).toHaveCount(0);
  };
  const link = await parish.paxora.openParish(place);
  await admin.goto(link);
  await expect(admin.getByText(`${place} invites you.`)).toBeVisible();
  await join(admin, link, anna);
  await admin.getByRole("link", { name: "People and groups" }).click();
  await admin.getByRole("button", { name: "Make an invitation link" }).click();
  await join(member, await handedOut(admin), ben);
  await admin.keyboard.press("Escape");
  await expect(admin.getByRole("button", { name: `Call ${ben}` })).toBeVisible();
  await makeGroup(admin, group, ben);
  await admin.getByRole("button", { name: `More about ${ben}` }).click();
  await expect(admin.getByRole("dialog", { name: ben })).toBeVisible();
  await admin.keyboard.press("Escape");

  await member.getByRole("link", { name: group }).click();
  await expect(member).toHaveTitle(`${group} · Paxora`);
  const channel = new URL(member.url()).search;
  await admin.getByRole("link", { name: group }).click();
  await admin.getByRole("button", { name: "Start voice call" }).click();
  await expect(member.getByRole("alertdialog", { name: anna })).toContainText(group);
  await member.getByRole("button", { name: "Accept" }).click();
  await expect(member.getByRole("region", { name: "Voice call" })).toContainText(anna);
  await admin.getByRole("button", { name: "End call" }).click();

  // Whom the words name, and the words themselves, taken apart for what was looked for.
  const words = `Who is @${anna}?`;
  const composer = member.getByRole("textbox", { name: "Write a message" });
  await composer.fill(words);
  await composer.press("Enter");
  await expect(member.locator(".line-name")).toHaveText(`@${anna}`);
  await admin.getByRole("listitem").filter({ hasText: words }).getByRole("button").last().click();
  await admin.getByRole("button", { name: "Report to the coordinators" }).click();
  await admin.getByRole("button", { name: "Send the report" }).click();
  await expect(admin.getByText("The coordinators have your report.")).toBeVisible();

  await reads(member, `chat${channel}`, group, words);
  await expect(member.getByRole("navigation", { name: "Channels" }).getByText(place, { exact: true })).toHaveCount(2);
  await reads(member, `chat${channel}&search=alarm`, ben, words);
  await expect(member.locator("mark")).toHaveText(["alarm"]);
  await reads(member, "calls", group);
  await reads(admin, "members", anna, ben, group);
  await reads(admin, "reports", `${anna} reports a message of ${ben}`, words);
  await reads(admin, "admin", group);
  expect(alarms).toEqual([]);
});

test("somebody is called, and written to, straight from the list of all", { tag: "@embedded" }, async ({ parish }) => {
  const eva = await parish.signIn("Eva Lind");
  await eva.open(parish.paxora.channel("Parish"));
  const ben = await members(parish, "Ben Carter");
  await ben.getByRole("searchbox", { name: "Search by name" }).fill("eva");
  // The two have never talked before.
  await ben.getByRole("button", { name: "Call Eva Lind" }).click();
  const ring = eva.page.getByRole("alertdialog").filter({ hasText: "Ben Carter" });
  await ring.getByRole("button", { name: "Decline" }).click();
  // Who looks after nobody is not offered what would be refused.
  await expect(ben.getByRole("button", { name: "Make an invitation link" })).toBeHidden();
  await ben.getByRole("region", { name: "Call that is over" }).getByRole("button", { name: "Close" }).click();
  await ben.getByRole("button", { name: "Write to Eva Lind" }).click();
  await expect(ben.getByRole("heading", { name: "Eva Lind" })).toBeVisible();
  await expect(ben.getByRole("textbox", { name: "Write a message" })).toBeVisible();
});

test("an invitation that is used up or withdrawn lets nobody in", { tag: "@embedded" }, async ({ parish }) => {
  const GONE = "This link has been used or has expired. Ask your parish for a new one.";
  const clara = await members(parish, "Clara Ruiz");
  const invite = async () => {
    await clara.getByRole("button", { name: "Make an invitation link" }).click();
    const link = await handedOut(clara);
    await clara.keyboard.press("Escape");
    return link;
  };
  await clara.getByLabel("For how many people").selectOption("1");
  const once = await invite();
  const [felix, late] = [await stranger(parish), await stranger(parish)];
  // Both have read it; one is faster.
  await late.goto(once);
  await join(felix, once, "Felix Gray");
  await expect(clara.getByRole("button", { name: "Withdraw" })).toBeHidden();
  await late.getByLabel("Your name").fill("Late Comer");
  await late.getByLabel("E-mail address or user name").fill("late");
  await late.getByLabel("Choose a password").fill("correct horse");
  await late.getByRole("button", { name: "Join" }).click();
  await expect(late.getByText(GONE)).toBeVisible();
  await late.reload();
  await expect(late.getByText(GONE)).toBeVisible();
  await expect(late.getByRole("button", { name: "Join" })).toBeHidden();

  const withdrawn = await invite();
  await late.goto(withdrawn);
  await expect(late.getByRole("button", { name: "Join" })).toBeVisible();
  await clara.getByRole("button", { name: "Withdraw" }).click();
  await expect(clara.getByRole("button", { name: "Withdraw" })).toBeHidden();
  await late.reload();
  await expect(late.getByText(GONE)).toBeVisible();
  await expect(late.getByRole("button", { name: "Join" })).toBeHidden();
  await expect(clara.getByRole("button", { name: "Call Late Comer" })).toBeHidden();
});

test("whoever is made a coordinator can do at once what coordinators do, and no longer than they are one", {
  tag: "@embedded",
}, async ({ parish }) => {
  const ben = await members(parish, "Ben Carter");
  const anna = await members(parish, "Anna Nowak");
  const offered = [
    ben.getByRole("button", { name: "New group" }),
    ben.getByRole("button", { name: "Make an invitation link" }),
    ben.getByRole("link", { name: "The parish in numbers" }),
  ];
  for (const one of offered) await expect(one).toBeHidden();
  await anna.getByRole("button", { name: "More about Ben Carter" }).click();
  const roles = anna.getByRole("dialog", { name: "Ben Carter" }).getByRole("group", { name: "What they may do" });
  await expect(roles.getByRole("button", { name: /^Member/, pressed: true })).toBeVisible();
  await roles.getByRole("button", { name: /^Coordinator/ }).click();
  for (const one of offered) await expect(one).toBeVisible();
  await makeGroup(ben, "Readers", "Eva Lind");
  await expect(ben.getByRole("link", { name: "Readers" })).toBeVisible();

  await roles.getByRole("button", { name: /^Member/ }).click();
  for (const one of offered) await expect(one).toBeHidden();
  const invite = { role: "member", uses: 1, days: 1 };
  const refused = await ben.request.post(`${parish.paxora.origin()}/api/parish/create_invite`, { data: invite });
  expect(refused.status()).toBe(403);
});

test("the list of all comes a moment later if it could not be fetched at first", { tag: "@embedded" }, async ({ parish }) => {
  const anna = await parish.signIn("Anna Nowak");
  let refused = 0;
  await anna.page.context().route("**/split_people.wasm", (route) => (refused++ < 2 ? route.abort() : route.continue()));
  await anna.open(parish.paxora.channel("Choir"));
  await anna.page.getByRole("link", { name: "People and groups" }).click();
  await expect(anna.page.getByRole("button", { name: "Call Ben Carter" })).toBeVisible();
  expect(refused).toBe(3);
});

test("whoever is removed sees the sign-in page within five seconds", { tag: "@embedded" }, async ({ parish }) => {
  const { paxora, signIn } = parish;
  const ben = await signIn("Ben Carter");
  await ben.open(paxora.channel("Choir"));
  const second = await ben.newTab();
  await second.open(paxora.channel("Parish"));
  const anna = await members(parish, "Anna Nowak");
  await anna.getByRole("button", { name: "More about Ben Carter" }).click();
  const card = anna.getByRole("dialog", { name: "Ben Carter" });
  await card.getByRole("button", { name: "Remove from the parish" }).click();
  await card.getByRole("button", { name: "Cancel" }).click();
  await card.getByRole("button", { name: "Remove from the parish" }).click();
  await card.getByRole("button", { name: "Remove from the parish" }).click();
  await Promise.all([ben, second].map(({ page }) => page.waitForURL("**/en/sign-in", { timeout: 5_000 })));
  await expect(anna.getByRole("button", { name: "Call Ben Carter" })).toBeHidden();
});

test("a forgotten password is answered by a coordinator, and ends what was open elsewhere", {
  tag: "@embedded",
}, async ({ parish }) => {
  const { paxora, signIn } = parish;
  const ben = await signIn("Ben Carter");
  await ben.open(paxora.channel("Choir"));
  const clara = await members(parish, "Clara Ruiz");
  await clara.getByRole("button", { name: "More about Ben Carter" }).click();
  const card = clara.getByRole("dialog", { name: "Ben Carter" });
  await expect(card.getByRole("button", { name: "Remove from the parish" })).toBeHidden();
  await card.getByRole("button", { name: /^New password/ }).click();
  await expect(card).toContainText("It works once");
  const link = await handedOut(clara);
  // Those above her are not hers to look after.
  await clara.keyboard.press("Escape");
  await clara.getByRole("button", { name: "More about Anna Nowak" }).click();
  const above = clara.getByRole("dialog", { name: "Anna Nowak" });
  await expect(above.getByRole("button", { name: "Report to the coordinators" })).toBeVisible();
  await expect(above.getByRole("button", { name: /^New password/ })).toBeHidden();

  const phone = await stranger(parish);
  await phone.goto(link);
  await expect(phone.getByText("You sign in as ben.")).toBeVisible();
  await phone.getByLabel("New password").fill("correct horse");
  await phone.getByRole("button", { name: "Save and sign in" }).click();
  await phone.waitForURL("**/en/community/chat**");
  await ben.page.waitForURL("**/en/sign-in", { timeout: 5_000 });
  await ben.page.getByLabel("E-mail address or user name").fill("Ben");
  await ben.page.getByLabel("Password").fill("correct horse");
  await ben.page.getByRole("button", { name: "Sign in" }).click();
  await ben.page.waitForURL("**/en/community/chat**");
});

test("a code signs the same person in on another device, and a new name is everybody's at once", {
  tag: "@embedded",
}, async ({ parish }) => {
  const ben = await members(parish, "Ben Carter");
  await ben.getByRole("button", { name: "About you" }).click();
  await ben.getByRole("button", { name: /^Sign in on another device/ }).click();
  const code = await ben.getByText(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/).textContent();
  const phone = await stranger(parish);
  await phone.goto(`${parish.paxora.origin()}/en/sign-in`);
  await phone.getByText("Sign in with a code from another device").click();
  await phone.getByLabel("Code", { exact: true }).fill((code ?? "").toLowerCase());
  await phone.getByRole("button", { name: "Sign in with the code" }).click();
  await phone.waitForURL("**/en/community/chat**");
  await expect(phone.getByText("Ben Carter", { exact: true })).toBeVisible();

  await ben.keyboard.press("Escape");
  await ben.getByRole("button", { name: "About you" }).click();
  await ben.getByLabel("Your name").fill("Benjamin Carter");
  await ben.getByRole("button", { name: "Save" }).click();
  await expect(phone.getByText("Benjamin Carter", { exact: true })).toBeVisible();
});

test("a group is renamed, made for announcements, and left by those who are taken out", {
  tag: "@embedded",
}, async ({ parish }) => {
  const { paxora, signIn } = parish;
  const ben = await signIn("Ben Carter");
  await ben.open(paxora.channel("Choir"));
  const clara = await members(parish, "Clara Ruiz");
  await clara.getByRole("button", { name: "Who is in it: Choir" }).click();
  const sheet = clara.getByRole("dialog");
  await sheet.getByLabel("Name of the group").fill("Choir and organ");
  await sheet.getByRole("button", { name: "Rename" }).click();
  await expect(ben.page.getByRole("heading", { name: "Choir and organ" })).toBeVisible();
  const announces = sheet.getByRole("checkbox", { name: "Announcements only" });
  const reconnect = await intercept(clara, "/api/parish/change_group", () => "lost");
  await announces.click();
  await expect(sheet.getByRole("alert")).not.toBeEmpty();
  await expect(announces).not.toBeChecked();
  reconnect();
  await announces.check();
  await expect(ben.page.getByText("Only coordinators write here.")).toBeVisible();
  await sheet.getByRole("button", { name: "Take Ben Carter out of the group" }).click();
  await expect(ben.page.getByRole("heading", { name: "There is nothing here for you" })).toBeVisible();
});

test("in a channel for announcements a coordinator writes and calls, and members read, and answer", {
  tag: "@embedded",
}, async ({ parish: { paxora, signIn, account } }) => {
  const channel = paxora.channel("Announcements");
  const [clara, ben] = [await signIn("Clara Ruiz"), await signIn("Ben Carter")];
  for (const person of [clara, ben]) await person.open(channel);
  await clara.write("Mass is at nine.");
  await expect(ben.line("Mass is at nine.")).toBeVisible();
  await expect(ben.page.getByText("Only coordinators write here. You can read everything.")).toBeVisible();
  await expect(ben.composer).toBeHidden();
  await expect(ben.page.getByText("Only coordinators call here")).toBeVisible();
  await expect(ben.callButton).toBeHidden();
  const eva = await account("Eva Lind");
  await expect(eva.write(channel, "May I?")).rejects.toThrow("403");
  await expect(eva.startCall(channel)).rejects.toThrow("403");

  await clara.startCallTo(ben);
  await ben.accept(clara);
  await ben.hears(clara);
  await clara.hears(ben);
  await clara.hangUp();
  await expect(ben.line("Group call")).toBeVisible();
  await expect(ben.timeline.getByRole("button", { name: "Call back" })).toBeHidden();
});

test("what changed in the parish while a page heard nothing is there as soon as it hears again", {
  tag: "@embedded",
}, async ({ parish }) => {
  const { paxora, signIn } = parish;
  const ben = await signIn("Ben Carter");
  await ben.page.addInitScript(sometimesDeaf);
  await ben.open(paxora.channel("Choir"));
  const clara = await members(parish, "Clara Ruiz");
  await deafen(ben.page, true);
  await clara.getByRole("button", { name: "Who is in it: Choir" }).click();
  const sheet = clara.getByRole("dialog");
  await sheet.getByLabel("Name of the group").fill("Choir and organ");
  await sheet.getByRole("button", { name: "Rename" }).click();
  await expect(clara.getByRole("link", { name: "Choir and organ" })).toBeVisible();
  await expect(ben.page.getByRole("heading", { name: "Choir", exact: true })).toBeVisible();
  await deafen(ben.page, false);
  await expect(ben.page.getByRole("heading", { name: "Choir and organ" })).toBeVisible();
});

test("whoever has enough of it leaves, once they are sure", { tag: "@embedded" }, async ({ parish }) => {
  const ben = await members(parish, "Ben Carter");
  await ben.getByRole("button", { name: "Leave the parish" }).click();
  const sure = ben.getByRole("dialog", { name: "Leave the parish" });
  await expect(sure).toContainText("St. Anne");
  await sure.getByRole("button", { name: "Leave the parish" }).click();
  await ben.waitForURL("**/en/sign-in");

  const anna = await members(parish, "Anna Nowak");
  await anna.getByRole("button", { name: "Leave the parish" }).click();
  const last = anna.getByRole("dialog", { name: "Leave the parish" });
  await last.getByRole("button", { name: "Leave the parish" }).click();
  await expect(last.getByRole("alert")).toContainText("Make somebody else an admin first");
});

test("axe finds nothing among the people of the parish", { tag: "@embedded" }, async ({ parish }) => {
  test.slow();
  const check = (state: string, page: Page) => axe(page, { state });
  const anna = await members(parish, "Anna Nowak");
  await check("members", anna);
  await anna.getByRole("button", { name: "More about Ben Carter" }).click();
  await check("care", anna);
  await anna.getByRole("button", { name: /^New password/ }).click();
  await expect(anna.getByRole("img")).toBeVisible();
  await check("new-password-link", anna);
  const link = await handedOut(anna);
  await anna.keyboard.press("Escape");
  await anna.getByRole("button", { name: "New group" }).click();
  await check("new-group", anna);
  await anna.keyboard.press("Escape");
  await anna.getByRole("button", { name: "Who is in it: Choir" }).click();
  await check("group", anna);
  await anna.keyboard.press("Escape");
  await anna.getByRole("button", { name: "Leave the parish" }).click();
  await check("leave", anna);
  await anna.keyboard.press("Escape");
  await anna.getByRole("button", { name: "About you" }).click();
  await check("myself", anna);
  await anna.getByRole("button", { name: /^Sign in on another device/ }).click();
  await expect(anna.getByRole("img")).toBeVisible();
  await check("device-code", anna);
  const phone = await stranger(parish);
  await phone.goto(link);
  await check("new-password", phone);
  await phone.goto(`${parish.paxora.origin()}/en/sign-in`);
  await phone.getByText("Sign in with a code from another device").click();
  await check("sign-in-with-a-code", phone);
});
