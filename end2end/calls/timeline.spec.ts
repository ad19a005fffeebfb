import { axe } from "../support/axe.ts";
import { HOSTILE, watchForScripts } from "../support/hostile.ts";
import { held, intercept } from "../support/network.ts";
import type { Person } from "../support/person.ts";
import { deafen, sometimesDeaf } from "../support/spy.ts";
import { expect, test } from "../support/test.ts";

const REFUSED = { status: 403, json: { problem: "forbidden", message: "No." } };

test.describe("the timeline", { tag: ["@without-audio", "@embedded"] }, () => {
  test("what is written stands there at once, waits for the network, and is written once however often it is sent", async ({
    parish: { annaAndBen },
  }) => {
    const [anna, ben] = await annaAndBen();
    // Taken by the server, but nobody hears that it was; then there is no network at all.
    let sent = 0;
    await intercept(anna.page, "/api/post_message", () => {
      sent += 1;
      return sent === 1 ? "unheard" : sent < 3 ? "lost" : "sent";
    });
    // Its own news would tell it before the second try.
    await anna.page.route("**/api/events", (route) => route.abort());
    await anna.reload();
    await anna.write("Are you coming?");
    await anna.write("We begin at seven.");
    await expect(anna.line("Are you coming?").getByRole("status")).toHaveText(/as soon as the network is back/);
    await expect(anna.composer).toHaveValue("");
    await expect(anna.line("We begin at seven.")).toBeVisible();
    await expect.poll(() => sent, { timeout: 20_000 }).toBeGreaterThanOrEqual(4);
    for (const person of [anna, ben]) {
      await expect(person.timeline.getByRole("status")).toHaveCount(0);
      expect(await texts(person)).toEqual([expect.stringContaining("Sunday"), "Are you coming?", "We begin at seven."]);
    }
  });

  test("what could not be sent is sent by the next page, and what is refused can be tried again or left", async ({
    parish: { annaAndBen },
  }) => {
    const [anna, ben] = await annaAndBen();
    const reconnect = await intercept(anna.page, "/api/post_message", () => "lost");
    await anna.write("First");
    await expect(anna.line("First").getByRole("status")).toBeVisible();
    reconnect();
    await anna.reload();
    await expect(ben.line("First")).toBeVisible();

    const relent = await intercept(anna.page, "/api/post_message", () => REFUSED);
    await anna.write("Second");
    await anna.write("Third");
    await expect(anna.line("Second").getByRole("status")).toHaveText(/^Not sent/);
    relent();
    await anna.line("Second").getByRole("button", { name: "Try again" }).click();
    await anna.line("Third").getByRole("button", { name: "Do not send" }).click();
    await expect(ben.line("Second")).toBeVisible();
    for (const person of [anna, ben]) expect((await texts(person)).slice(-2)).toEqual(["First", "Second"]);
  });

  test("what is on its way says so; without a network it says that it waits, and is written once when there is one", async ({
    parish: { annaAndBen },
  }) => {
    const [anna, ben] = await annaAndBen();
    const message = await held(anna.page, "/api/post_message");
    await anna.write("Slowly");
    await message.arrived;
    await expect(anna.line("Slowly").getByText("Sending…")).toBeVisible();
    message.letGo();
    await expect(ben.line("Slowly")).toBeVisible();
    await expect(anna.timeline.getByText("Sending…")).toHaveCount(0);

    await anna.page.context().setOffline(true);
    for (const text of ["First", "Second"]) await anna.write(text);
    for (const text of ["First", "Second"]) await expect(anna.line(text)).toContainText("Not sent yet.");
    await expect(anna.timeline.getByText("Sending…").filter({ visible: true })).toHaveCount(0);
    await anna.page.context().setOffline(false);
    for (const person of [anna, ben]) {
      await expect(person.line("Second")).toBeVisible();
      await expect(person.timeline.getByRole("status")).toHaveCount(0);
      expect((await texts(person)).slice(1)).toEqual(["Slowly", "First", "Second"]);
    }
  });

  test("what was begun in two channels is kept apart, and what is sent in one leaves the other", async ({
    parish: { paxora, signIn },
  }) => {
    const anna = await signIn("Anna Nowak");
    await anna.open(paxora.direct("Anna", "Ben"));
    const go = (channel: string) => anna.page.getByRole("navigation").getByRole("link", { name: channel }).click();
    await anna.composer.fill("Dear Ben");
    await go("Choir");
    await expect(anna.composer).toHaveValue("");
    await anna.composer.fill("Dear all");
    await go("Ben Carter");
    await expect(anna.composer).toHaveValue("Dear Ben");
    await anna.reload();
    await expect(anna.composer).toHaveValue("Dear Ben");
    await go("Choir");
    await expect(anna.composer).toHaveValue("Dear all");
    await anna.composer.press("Enter");
    await expect(anna.line("Dear all")).toBeVisible();
    await go("Ben Carter");
    await expect(anna.composer).toHaveValue("Dear Ben");
    await go("Choir");
    await expect(anna.line("Dear all")).toBeVisible();
    await expect(anna.composer).toHaveValue("");
  });

  test("where nothing comes by the event stream, messages come all the same", async ({ parish: { annaAndBen } }) => {
    const [anna, ben] = await annaAndBen();
    await ben.page.route("**/api/events", (route) => route.abort());
    await ben.reload();
    await anna.write("Is anybody there?");
    await expect(ben.line("Is anybody there?")).toBeVisible({ timeout: 25_000 });
  });

  test("what stands under today stands under yesterday when the day is over", async ({ parish: { annaAndBen } }) => {
    const [anna] = await annaAndBen();
    await anna.write("Good night.");
    await expect(anna.timeline).toContainText("Today");
    await anna.page.clock.setFixedTime(Date.now() + 24 * 60 * 60 * 1000);
    await expect(anna.timeline).toContainText("Yesterday");
    await expect(anna.timeline).not.toContainText("Today");
  });

  test("words are text whatever they are, and what leads to a page or names somebody is marked", async ({
    parish: { annaAndBen },
  }) => {
    const [anna, ben] = await annaAndBen();
    const alarms = watchForScripts(ben.page);
    for (const text of HOSTILE) await anna.write(text);
    await expect(ben.line("@Ben Carter")).toBeHidden();
    await anna.write("Look at https://example.org/a?b=c#d. And at www.example.org, @Ben Carter! Not javascript:alert(1)");
    const line = ben.line("Look at");
    await expect(line.getByRole("link")).toHaveText(["https://example.org/a?b=c#d", "www.example.org"]);
    const [first, second] = await line.getByRole("link").all();
    await expect(first).toHaveAttribute("href", "https://example.org/a?b=c#d");
    await expect(first).toHaveAttribute("rel", "noopener noreferrer nofollow");
    await expect(first).toHaveAttribute("target", "_blank");
    await expect(second).toHaveAttribute("href", "https://www.example.org");
    await expect(line.locator(".line-name.is-me")).toHaveText("@Ben Carter");
    expect((await texts(ben)).slice(1, -1)).toEqual(HOSTILE);
    // Written by the server as well.
    await ben.reload();
    await expect(line.getByRole("link")).toHaveCount(2);
    expect((await texts(ben)).slice(1, -1)).toEqual(HOSTILE);
    await expect(ben.timeline.locator("a")).toHaveCount(2);
    expect(alarms).toEqual([]);
  });

  test("its author changes it or takes it back, a coordinator removes it, and all see so at once", async ({
    parish: { paxora, signIn },
  }) => {
    const choir = paxora.channel("Choir");
    const [anna, ben, clara] = [await signIn("Anna Nowak"), await signIn("Ben Carter"), await signIn("Clara Ruiz")];
    for (const person of [anna, ben, clara]) await person.open(choir);
    await ben.write("We sing at sixe.");
    await choose(ben, "We sing at sixe.", "Change it");
    await expect(ben.composer).toHaveValue("We sing at sixe.");
    await ben.composer.press("Escape");
    await expect(ben.composer).toHaveValue("");
    await choose(ben, "We sing at sixe.", "Change it");
    await ben.write("We sing at six.");
    for (const person of [anna, ben, clara]) {
      await expect(person.line("We sing at six.")).toContainText("edited");
      await expect(person.line("We sing at sixe.")).toBeHidden();
    }
    await choose(ben, "We sing at six.", "Remove it", "Remove");
    for (const person of [anna, ben, clara]) await expect(person.line("This message was taken back.")).toBeVisible();

    await clara.write("Something unkind");
    for (const person of [anna, ben]) await expect(person.line("Something unkind")).toBeVisible();
    // Who neither wrote it nor leads can report it, and nothing more.
    await ben.line("Something unkind").hover();
    await ben.line("Something unkind").getByRole("button").click();
    const choices = ben.page.getByRole("dialog").getByRole("button");
    await expect(choices).toHaveText(["", /^Report to the coordinators/]);
    await ben.page.keyboard.press("Escape");
    await choose(anna, "Something unkind", "Remove it", "Remove");
    for (const person of [anna, ben, clara]) {
      await expect(person.line("This message was removed.")).toBeVisible();
      await expect(person.timeline).not.toContainText("Something unkind");
      await person.reload();
      await expect(person.line("This message was removed.")).toBeVisible();
      await expect(person.timeline).not.toContainText("Something unkind");
    }
  });

  test("to change a message is begun at the keyboard, and what became of it is said of that message only", async ({
    parish: { annaAndBen },
  }) => {
    const [anna] = await annaAndBen();
    for (const text of ["One", "Two"]) await anna.write(text);
    await expect(anna.timeline.getByRole("status")).toHaveCount(0);
    const relent = await intercept(anna.page, "/api/edit_message", () => REFUSED);
    await choose(anna, "One", "Change it");
    await expect(anna.composer).toBeFocused();
    await anna.write("Once");
    const failed = anna.page.getByText("Your change was not saved.");
    await expect(failed).toBeVisible();
    await anna.page.getByRole("button", { name: "Leave it as it is" }).click();
    await expect(failed).toBeHidden();
    relent();

    const change = await held(anna.page, "/api/edit_message");
    await choose(anna, "One", "Change it");
    await anna.write("Once");
    await anna.composer.press("Escape");
    await choose(anna, "Two", "Change it");
    change.letGo();
    await expect(anna.line("Once")).toContainText("edited");
    await expect(anna.composer).toHaveValue("Two");
    await anna.write("Twice");
    await expect(anna.line("Twice")).toContainText("edited");
  });

  test("what one writes is read aloud once, and what was said before not at all", async ({
    parish: { paxora, signIn, account },
  }) => {
    const channel = paxora.channel("Parish");
    const people = await Promise.all(["Ben Carter", "Clara Ruiz", "David Kowalski", "Eva Lind"].map(account));
    for (let count = 1; count <= 14; count++) for (const person of people) await person.write(channel, `Line ${count}.`);
    const anna = await signIn("Anna Nowak");
    await anna.page.addInitScript(listenToTheLog);
    await anna.open(channel);
    // All that it has said since it was asked last.
    const heard = () => anna.page.evaluate(() => (window as unknown as { heardInTheLog: string[] }).heardInTheLog.splice(0));
    await expect(anna.line("Line 14.").first()).toBeVisible();
    await heard();
    await expect
      .poll(async () => {
        await anna.timeline.evaluate((timeline) => timeline.scrollTo(0, -timeline.scrollHeight));
        return (await texts(anna)).length;
      })
      .toBe(57);
    await expect(anna.timeline).not.toHaveAttribute("aria-live", "off");

    const message = await held(anna.page, "/api/post_message");
    await anna.write("I know.");
    await expect(anna.line("I know.")).toBeVisible();
    await expect(anna.line("I know.").getByRole("status")).toHaveText("");
    message.letGo();
    await expect(anna.line("I know.").getByRole("status")).toHaveCount(0);
    expect(await heard()).toEqual(["I know."]);
  });

  test("days stand apart, what is new stands behind a line, and what was begun is there again", async ({
    parish: { paxora, signIn, account },
  }) => {
    const anna = await signIn("Anna Nowak");
    const direct = paxora.direct("Anna", "Ben");
    await anna.open(direct);
    await expect(anna.timeline.getByRole("listitem").first()).toHaveText("Today");
    await expect(anna.timeline.getByRole("listitem").nth(1)).toHaveText("New messages");
    await anna.reload();
    await expect(anna.line("Sunday")).toBeVisible();
    await expect(anna.line("New messages")).toBeHidden();
    await anna.write("Good morning.");
    await anna.composer.fill("I will ask");
    await anna.page.getByRole("link", { name: /Choir/ }).click();
    await expect(anna.composer).toHaveValue("");
    const ben = await account("Ben Carter");
    await ben.write(direct, "Will you?");
    await ben.write(direct, "And when?");
    await anna.page.getByRole("link", { name: /Ben Carter.*2 unread messages/ }).click();
    await expect(anna.composer).toHaveValue("I will ask");
    const lines = await anna.timeline.getByRole("listitem").allTextContents();
    expect(lines.findIndex((line) => line === "New messages")).toBe(lines.findIndex((line) => line.includes("Will you?")) - 1);
    await anna.reload();
    await expect(anna.composer).toHaveValue("I will ask");
    await expect(anna.line("New messages")).toBeHidden();
  });

  test("who has not read for long is told that there is much, and finds where it begins", async ({
    parish: { paxora, signIn, account },
  }) => {
    const people = await Promise.all(["Ben Carter", "Clara Ruiz", "David Kowalski", "Eva Lind"].map(account));
    const anna = await signIn("Anna Nowak");
    await anna.open(paxora.channel("Parish"));
    await expect(anna.line("Welcome")).toBeVisible();
    await anna.open(paxora.direct("Anna", "Ben"));
    for (let turn = 0; turn < 26; turn++)
      for (const [at, person] of people.entries()) await person.write(paxora.channel("Parish"), `Line ${4 * turn + at + 1}.`);
    await expect(anna.page).toHaveTitle(/^\(99\+\) /);
    const parish = anna.page.getByRole("link", { name: /Parish.*99\+ unread messages/ });
    await expect(parish.locator(".badge")).toHaveText("99+");
    // So says the page that comes anew, too.
    await anna.reload();
    await parish.click();
    await expect(anna.line("Line 104.")).toBeVisible();
    const begins = anna.timeline.locator(".timeline-unread + *");
    await expect
      .poll(async () => {
        await anna.timeline.evaluate((timeline) => timeline.scrollTo(0, -timeline.scrollHeight));
        return await begins.allTextContents();
      })
      .toEqual([expect.stringContaining("Line 1.")]);
  });

  test("goes back as far as one scrolls, and hides no gap after a silence", async ({ parish: { paxora, signIn, account } }) => {
    const channel = paxora.channel("Parish");
    const people = await Promise.all(["Ben Carter", "Clara Ruiz", "David Kowalski", "Eva Lind"].map(account));
    let count = 0;
    const talk = async (times: number) => {
      for (let turn = 0; turn < times; turn++) for (const person of people) await person.write(channel, `Line ${(count += 1)}.`);
    };
    await talk(14);
    const anna = await signIn("Anna Nowak");
    await anna.page.addInitScript(sometimesDeaf);
    await anna.open(channel);
    await expect(anna.line("Line 56.")).toBeVisible();
    await expect(anna.line("Line 3.")).toBeHidden();
    const place = anna.timeline;
    await expect
      .poll(async () => {
        await place.evaluate((timeline) => timeline.scrollTo(0, -timeline.scrollHeight));
        return (await texts(anna))[0];
      })
      .toMatch(/Welcome/);
    expect((await texts(anna)).slice(1)).toEqual(Array.from({ length: 56 }, (_, at) => `Line ${at + 1}.`));

    // More than a page comes while nothing is heard and the newest lines are looked at.
    await place.evaluate((timeline) => timeline.scrollTo(0, 0));
    await deafen(anna.page, true);
    await talk(15);
    await expect(anna.line("Line 57.")).toBeHidden();
    await deafen(anna.page, false);
    await expect(anna.line("Line 116.")).toBeVisible();
    // One page for one scroll to the top, and not all there ever was.
    let pages = 0;
    anna.page.on("request", (request) => (pages += request.url().endsWith("/api/messages") ? 1 : 0));
    const toTheTop = () => place.evaluate((timeline) => timeline.scrollTo(0, -timeline.scrollHeight));
    await toTheTop();
    await expect.poll(async () => (await texts(anna)).length).toBe(100);
    await anna.write("Good evening.");
    await expect(anna.line("Good evening.").getByRole("status")).toHaveCount(0);
    expect([pages, (await texts(anna)).length]).toEqual([1, 101]);
    await expect
      .poll(async () => {
        await toTheTop();
        return (await texts(anna)).length;
      })
      .toBe(118);
    expect((await texts(anna)).slice(1, -1)).toEqual(Array.from({ length: 116 }, (_, at) => `Line ${at + 1}.`));
  });

  test("an @ offers those who are here, and a bell says what one is told of", async ({ parish: { paxora, signIn } }) => {
    const ben = await signIn("Ben Carter");
    await ben.open(paxora.channel("Choir"));
    await ben.composer.pressSequentially("Ask @cl");
    const offered = ben.page.getByRole("list", { name: "Name somebody" });
    await expect(offered.getByRole("button")).toHaveText(["Clara Ruiz"]);
    await axe(ben.page);
    await offered.getByRole("button").click();
    await expect(ben.composer).toHaveValue("Ask @Clara Ruiz ");
    await expect(offered).toBeHidden();
    await ben.composer.press("Enter");
    await expect(ben.timeline.locator(".line-name")).toHaveText("@Clara Ruiz");

    await ben.page.getByRole("button", { name: "Notifications: Every message" }).click();
    await axe(ben.page);
    await ben.page.getByRole("button", { name: "Nothing" }).click();
    await ben.reload();
    await expect(ben.page.getByRole("button", { name: "Notifications: Nothing" })).toBeVisible();
  });

  test.describe(() => {
    test.use({ settings: { CALLS_PER_MINUTE: "60", RINGS_PER_PAIR: "30" } });

    test("calls in vain are one card, which says how often and calls back; one that was answered says for how long", async ({
      parish: { annaAndBen },
    }) => {
      const [anna, ben] = await annaAndBen();
      const callInVain = async () => {
        await expect(anna.callButton).toBeEnabled();
        await anna.startCall();
        await expect(ben.ringing(anna)).toBeVisible();
        await anna.hangUp();
        await expect(ben.ringing()).toBeHidden();
      };
      const cards = ({ timeline }: Person) => timeline.locator(".call-card");
      await callInVain();
      await expect(cards(anna)).toHaveText(/^Cancelled callYou · \d+:\d\d [AP]MCall again/);
      await expect(cards(ben)).toHaveText(/^Missed callAnna Nowak · \d+:\d\d [AP]MCall back/);
      for (let more = 0; more < 2; more++) await callInVain();
      const range = String.raw` · \d+:\d\d [AP]M–\d+:\d\d [AP]M`;
      await expect(cards(anna)).toHaveText(new RegExp(`^You called 3 timesYou${range}Call again`));
      await expect(cards(ben)).toHaveText(new RegExp(`^Anna Nowak called 3 timesAnna Nowak${range}Call back`));
      // Also as the server writes it.
      await ben.reload();
      await expect(cards(ben)).toHaveText(new RegExp(`^Anna Nowak called 3 timesAnna Nowak${range}Call back`));

      await cards(ben).getByRole("button", { name: "Call back" }).click();
      await anna.accept(ben);
      await expect(ben.call.getByRole("timer")).toBeVisible();
      await ben.hangUp();
      for (const person of [anna, ben]) {
        await expect(cards(person)).toHaveCount(2);
        await expect(cards(person).last()).toHaveText(/^Voice call · \d+s/);
      }
      await expect(cards(ben).last().getByRole("button", { name: "Call again" })).toBeVisible();
    });
  });

  test("nothing in it keeps anybody out", async ({ parish: { paxora, signIn, account } }) => {
    const [anna, ben] = [await signIn("Anna Nowak"), await account("Ben Carter")];
    await ben.write(paxora.direct("Anna", "Ben"), "See https://example.org, @Anna!");
    await anna.open(paxora.direct("Anna", "Ben"));
    const relent = await intercept(anna.page, "/api/post_message", () => REFUSED);
    await anna.write("Yes");
    await expect(anna.line("Yes").getByRole("status")).toHaveText(/^Not sent/);
    relent();
    await anna.write("No");
    await choose(anna, "No", "Change it");
    await axe(anna.page);
    await anna.composer.press("Escape");
    await choose(anna, "No", "Remove it");
    await axe(anna.page);
  });
});

/** Runs in a page before anything else does: keeps what a screen reader reads aloud of what comes into the timeline. */
function listenToTheLog(): void {
  const heard: string[] = [];
  Object.assign(window, { heardInTheLog: heard });
  const listen = (changes: MutationRecord[]) => {
    for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
      const is = node instanceof HTMLLIElement && node.closest("[role=log]") && !node.closest("[aria-live=off]");
      if (is) heard.push(node.querySelector(".line-text")?.textContent ?? "");
    }
  };
  new MutationObserver(listen).observe(document, { subtree: true, childList: true });
}

/** All that was written, from the top down. */
async function texts(person: Person): Promise<string[]> {
  return person.timeline.locator(".line-text").allTextContents();
}

/** What to do with a message, one press after the other. */
async function choose(person: Person, text: string, ...presses: string[]): Promise<void> {
  await person.line(text).getByRole("button", { name: "What to do with this message" }).click();
  for (const name of presses) await person.page.getByRole("button", { name, exact: true }).click();
}
