import { PHONE, axe } from "../support/axe.ts";
import { untilAlive } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test.describe("without a connection", { tag: ["@without-audio", "@embedded"] }, () => {
  test("a page says so, in the language of the address, and its button leads to where one was going", async ({
    parish: { paxora, signIn },
  }) => {
    const channel = paxora.direct("Anna", "Ben");
    const anna = await signIn("Anna Nowak");
    await anna.page.setViewportSize(PHONE);
    await anna.open(channel);
    await anna.page.evaluate(() => navigator.serviceWorker.ready);
    await anna.page.context().setOffline(true);
    await anna.page.goto(`${paxora.origin()}/en/community/chat?channel=${channel.id}`);
    await expect(anna.page.getByRole("heading", { name: "There is no connection" })).toBeVisible();
    await axe(anna.page, { state: "no connection" });
    await anna.page.goto(`${paxora.origin()}/pl/community/calls`);
    await expect(anna.page.getByRole("heading", { name: "Brak połączenia" })).toBeVisible();
    await anna.page.goto(`${paxora.origin()}/en/community/chat?channel=${channel.id}`);
    await anna.page.getByRole("link", { name: "Try again" }).click();
    await expect(anna.page.getByRole("heading", { name: "There is no connection" })).toBeVisible();
    await anna.page.context().setOffline(false);
    await untilAlive(anna.page, () => anna.page.getByRole("link", { name: "Try again" }).click());
    await expect(anna.composer).toBeVisible();
    await expect(anna.page).toHaveURL(`${paxora.origin()}/en/community/chat?channel=${channel.id}`);
  });

  test("files of the app are kept, pages and answers are not", async ({ parish: { paxora, signIn } }) => {
    const anna = await signIn("Anna Nowak");
    await anna.open(paxora.direct("Anna", "Ben"));
    await anna.page.evaluate(() => navigator.serviceWorker.ready);
    await anna.reload();
    const kept = () =>
      anna.page.evaluate(async () => {
        const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
        return all.flat().map(({ url }) => new URL(url).pathname);
      });
    await expect.poll(kept).toEqual(expect.arrayContaining([expect.stringMatching(/app_bg\.wasm$/), expect.stringMatching(/\.css$/)]));
    expect((await kept()).filter((path) => !path.startsWith("/assets/"))).toEqual([]);
  });

  test("what is asked of the server does not wait for a worker that has nothing to say to it", async ({ parish: { paxora, signIn } }) => {
    const anna = await signIn("Anna Nowak");
    await anna.open(paxora.direct("Anna", "Ben"));
    await anna.page.evaluate(() => navigator.serviceWorker.ready);
    await anna.reload();
    await anna.page.evaluate(async () => (await fetch("/api/push/badge")).text());
    // Which rule of the worker kept it away: the compiler does not know this property yet.
    const by = (part: string) =>
      anna.page.evaluate((part) => {
        const all = performance.getEntriesByType("resource") as (PerformanceResourceTiming & { workerMatchedSourceType?: string })[];
        const asked = all.filter(({ name }) => new URL(name).pathname.startsWith(part));
        return [...new Set(asked.map(({ workerMatchedSourceType }) => workerMatchedSourceType))];
      }, part);
    expect(await by("/assets/")).toEqual([""]);
    expect(await by("/api/")).toEqual(["network"]);
  });
});
