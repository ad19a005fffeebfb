import { join } from "node:path";
import { expectNoneIn, noteParish } from "../support/canaries.ts";
import { Cluster } from "../support/cluster.ts";
import { Person, toneOf } from "../support/person.ts";
import { expect, say, test as base } from "../support/test.ts";

/** Somebody, and which Paxora gave them each of their event streams. */
type Led = { person: Person; streams: number[] };

/** Anna is led to the first Paxora, Ben to the second. */
const test = base.extend<{ calls: "led" | "as shipped"; cluster: Cluster; people: [Led, Led] }>({
  calls: ["as shipped", { option: true }],
  cluster: async ({ calls }, use, testInfo) => {
    const folder = testInfo.outputPath("cluster");
    const cluster = await Cluster.start(folder, calls);
    await use(cluster).finally(() => cluster.stop());
    expectNoneIn(...["paxora-1", "paxora-2"].map((name) => join(folder, name, "server.log")));
  },
  people: async ({ cluster, browsers }, use, testInfo) => {
    const [paxora] = cluster.paxoras;
    const log = testInfo.outputPath("browsers.log");
    const atHome = async (name: string, host: "localhost" | "127.0.0.1") => {
      const who = paxora.person(name);
      const device = await browsers.device(toneOf(who), log);
      const streams: number[] = [];
      device.context.on("response", async (answer) => {
        if (new URL(answer.url()).pathname === "/api/events") streams.push(await cluster.servedBy(answer));
      });
      const person = await Person.signIn(paxora, who, device, cluster.origin(host));
      await person.open(paxora.direct("Anna", "Ben"));
      return { person, device, streams };
    };
    const both = await Promise.all([atHome("Anna Nowak", "localhost"), atHome("Ben Carter", "127.0.0.1")]);
    await use(both);
    expect(both.flatMap(({ device }) => device.deaths)).toEqual([]);
    await noteParish(paxora, both.map(({ device }) => device.context));
    await Promise.all(both.map(({ device }) => device.context.close()));
  },
});

/** They call, and hear each other. */
async function talk(anna: Person, ben: Person): Promise<void> {
  await anna.startCall();
  await expect(ben.ringing(anna)).toBeVisible();
  await ben.accept();
  await anna.hears(ben);
  await ben.hears(anna);
}

/** Each of them has the other on the roster. */
async function areTogether(anna: Person, ben: Person): Promise<void> {
  for (const [person, other] of [[anna, ben], [ben, anna]] as const) {
    await expect(person.call.getByRole("listitem")).toContainText([other.name]);
  }
}

test.describe(() => {
  test.use({ calls: "led" });

  test("a call rings from one Paxora to the other, and its people hear each other through two LiveKits", async ({ cluster, people }) => {
    const [{ person: anna, streams: annas }, { person: ben, streams: bens }] = people;
    await talk(anna, ben);
    await areTogether(anna, ben);
    expect(annas).toEqual([0]);
    expect(bens).toEqual([1]);
    const served = await Promise.all(cluster.livekits.map((livekit) => livekit.served()));
    expect(served.map(({ signalling }) => signalling)).toEqual([1, 1]);
    expect(served.map(({ audio }) => audio).toSorted()).toEqual([0, 2]);

    await ben.hangUp();
    for (const person of [anna, ben]) await expect(person.call).toBeHidden();
  });

  test("when the LiveKit that only passes on somebody's signalling dies, nobody misses a word", async ({ cluster, people }) => {
    const [{ person: anna }, { person: ben }] = people;
    await talk(anna, ben);

    const [, other] = await cluster.byAudio();
    expect((await other.served()).signalling).toBe(1);
    await other.end();
    await anna.hears(ben);
    await ben.hears(anna);
    await areTogether(anna, ben);
    for (const person of [anna, ben]) expect(await person.connections()).toBe(1);
    await ben.press("Mute");
    await expect(anna.call.getByText("Muted")).toBeVisible();
    await ben.hangUp();
    for (const person of [anna, ben]) await expect(person.call).toBeHidden();
  });
});

for (const [how, signal] of [["is killed", "SIGKILL"], ["stops", "SIGTERM"]] as const) {
  test(`when one Paxora ${how}, the call goes on, and the other one tells its people what happens`, async ({ cluster, people }) => {
    const [{ person: anna, streams }, { person: ben }] = people;
    await talk(anna, ben);

    await cluster.paxoras[0].end(signal);
    await anna.hears(ben);
    await ben.hears(anna);
    await expect.poll(() => streams).toEqual([0, 1]);
    await ben.press("Mute");
    await expect(anna.call.getByText("Muted")).toBeVisible();
    await ben.press("Unmute");
    await anna.hears(ben);
    await areTogether(anna, ben);
    for (const person of [anna, ben]) expect(await person.connections()).toBe(1);

    await anna.hangUp();
    for (const person of [anna, ben]) await expect(person.call).toBeHidden();
  });
}

test("when the LiveKit that carries a call dies, its people come back to each other by themselves through the other one", async ({
  cluster,
  people,
}) => {
  test.slow();
  const [{ person: anna }, { person: ben }] = people;
  await talk(anna, ben);

  const [carrier, other] = await cluster.byAudio();
  const died = performance.now();
  await carrier.end();
  await expect.poll(async () => (await other.served()).audio, { timeout: 90_000 }).toBeGreaterThanOrEqual(2);
  await anna.hears(ben);
  await ben.hears(anna);
  say("a LiveKit died → they hear each other again", [performance.now() - died]);
  await areTogether(anna, ben);
  await ben.hangUp();
  for (const person of [anna, ben]) await expect(person.call).toBeHidden();
});

test("when Redis dies, those who talk talk on", async ({ cluster, people }) => {
  const [{ person: anna }, { person: ben }] = people;
  await talk(anna, ben);

  await cluster.redis.end("SIGKILL");
  await anna.hears(ben);
  await ben.hears(anna);
  await areTogether(anna, ben);
  for (const person of [anna, ben]) expect(await person.connections()).toBe(1);
});
