import type { APIResponse, Locator } from "@playwright/test";
import { Account, type Call } from "../support/account.ts";
import type { Channel } from "../support/paxora.ts";
import type { Person } from "../support/person.ts";
import { test as base } from "../support/test.ts";
import { type Mark, Marks } from "./marks.ts";
import { Dice, Measure, pause } from "./measure.ts";

const RING_SECONDS = 3;
const SEQUENCES = Number(process.env.SEQUENCES || 200);
/** So long after the end no device may ring. */
const SILENT_WITHIN = 10_000;
/** So often the server is asked what rings. */
const ASK_EVERY = 100;

const test = base.extend<{ measure: Measure }>({
  measure: async ({}, use) => {
    const measure = new Measure();
    await use(measure);
    await measure.handIn();
  },
});
test.use({ settings: { CALLS_PER_MINUTE: "100000", RINGS_PER_PAIR: "100000", RING_SECONDS: String(RING_SECONDS) } });

const now = () => performance.timeOrigin + performance.now();

/** When something rang, from and to; `to` is open while it does. */
type Ringing = { from: number; to: number | undefined };

/** A browser of somebody's, and what can happen to it. */
class Device {
  offline = false;
  /** When it last came back from being offline. */
  backSince = 0;

  constructor(
    readonly name: string,
    readonly person: Person,
    readonly marks: Marks,
  ) {}

  async setOffline(offline: boolean): Promise<void> {
    if (this.offline && !offline) this.backSince = now();
    this.offline = offline;
    await this.person.page.context().setOffline(offline);
  }

  accept(): Promise<boolean> {
    return press(this.person.ringing(), "Accept");
  }

  decline(): Promise<boolean> {
    return press(this.person.ringing(), "Decline");
  }

  hangUp(): Promise<boolean> {
    return press(this.person.call, "End call");
  }

  /** With the cookies of its browser, whatever its page does. */
  ask(path: string, data: object): Promise<APIResponse> {
    return this.person.page.request.post(new URL(path, this.person.page.url()).href, { data });
  }

  /** When it showed or sounded a ring. */
  rang(): Ringing[] {
    const rang: Ringing[] = [];
    const on = new Set<string>();
    for (const { what, name, at } of [...this.marks.all].sort((a, b) => a.at - b.at)) {
      const before = on.size;
      change(on, what, name);
      if (!before && on.size) rang.push({ from: at, to: undefined });
      const last = rang.at(-1);
      if (before && !on.size && last) last.to = at;
    }
    return rang;
  }
}

/** Presses a button if it is there, as somebody does who has just seen it. It may be gone before the finger is. */
async function press(within: Locator, name: string): Promise<boolean> {
  const button = within.getByRole("button", { name, exact: true });
  return (await button.isVisible()) && button.click({ timeout: 700 }).then(() => true, () => false);
}

function change(on: Set<string>, what: Mark["what"], name: string): void {
  if (what === "page begins") on.clear();
  if (what === "overlay shown") on.add("overlay");
  if (what === "overlay gone") on.delete("overlay");
  if (what === "tone starts" && name.startsWith("ringtone")) on.add("tone");
  if (what === "tone stops" && name.startsWith("ringtone")) on.delete("tone");
}

/** What rings for each member by the server's word. It is asked by plain requests, not by the way that pages hear of it. */
class Truth {
  private stopped = false;
  /** By member: when the server last said that something rings, and whether it still says so. */
  private readonly known = new Map<string, { ringing: boolean; last: number | undefined }>();

  constructor(
    private readonly accounts: Account[],
    private readonly parish: string,
  ) {}

  async watch(): Promise<void> {
    while (!this.stopped) {
      await Promise.all(
        this.accounts.map(async (account) => {
          const asked = now();
          const ringing = (await account.ringing(this.parish)).length > 0;
          const last = ringing ? asked : this.known.get(account.name)?.last;
          this.known.set(account.name, { ringing, last });
        }),
      );
      await pause(ASK_EVERY);
    }
  }

  stop(): void {
    this.stopped = true;
  }

  rings(name: string): boolean {
    return this.known.get(name)?.ringing ?? false;
  }

  get silent(): boolean {
    return [...this.known.values()].every(({ ringing }) => !ringing);
  }

  /** The last moment at which something rang for this member. */
  lastOf(name: string): number | undefined {
    return this.known.get(name)?.last;
  }
}

test("random sequences @sequences", async ({ parish: { paxora, signIn, signInAgain }, measure }) => {
  const devices: Device[] = [];
  const sit = async (name: string, person: Person) => devices.push(new Device(name, person, await Marks.of(person)));
  await sit("Anna", await signIn("Anna Nowak"));
  await sit("Ben's phone", await signIn("Ben Carter"));
  await sit("Ben's laptop", await signInAgain("Ben Carter"));
  await sit("Clara", await signIn("Clara Ruiz"));
  const accounts: Account[] = [];
  for (const name of ["Anna Nowak", "Ben Carter", "Clara Ruiz"]) {
    accounts.push(await Account.signIn(paxora, await paxora.personAgain(name)));
  }
  const truth = new Truth(accounts, paxora.demo.parish);
  const watching = truth.watch();

  const late = measure.row("random sequences: the server last says that it rings → the last device is silent", {
    most: SILENT_WITHIN,
  });
  const tally: Record<string, number> = {};
  let [stillRinging, rings, offlineAtTheEnd] = [0, 0, 0];
  try {
    for (let sequence = 0; sequence < SEQUENCES; sequence++) {
      // Each can be repeated alone, without those before it.
      const dice = new Dice(Number(process.env.SEED || 1) * 100_000 + sequence);
      // The first half in the chat of two, the other half in a group: pages are not loaded for each anew.
      const group = sequence >= SEQUENCES / 2;
      const players = group ? [devices[0], devices[1], devices[3]] : devices.slice(0, 3);
      const channel = group ? paxora.channel("Choir") : paxora.direct("Anna", "Ben");
      for (const device of players) await atHome(device, channel);
      for (const device of devices) device.marks.forget();
      const began = now();
      await play(dice, players, truth, (what) => (tally[what] = (tally[what] ?? 0) + 1));
      await clear(players, truth, dice, began);
      const patience = now() + 2 * SILENT_WITHIN;
      while (now() < patience && devices.some((device) => device.rang().some(({ to }) => to === undefined))) await pause(50);
      // A ring that comes back is to be seen: for long now and then, for a moment always.
      await pause(sequence % 40 === 39 ? SILENT_WITHIN : 500);

      let worst = 0;
      for (const device of devices) {
        const rang = device.rang();
        rings += rang.length;
        const last = Math.max(...rang.map(({ to }) => to ?? now()));
        if (!rang.length) continue;
        const end = truth.lastOf(device.person.name) ?? began;
        // Without a network nobody can be told: it counts from when there is one again.
        const wasOffline = device.backSince > end;
        if (wasOffline) offlineAtTheEnd += 1;
        const after = Math.max(0, last - Math.max(end, wasOffline ? device.backSince : 0));
        if (after > SILENT_WITHIN) {
          stillRinging += 1;
          measure.note(`Sequence ${sequence} (seed ${process.env.SEED || 1}): ${device.name} rang ${Math.round(after)} ms after the end.`);
        }
        worst = Math.max(worst, after);
      }
      late.push(worst);
    }
  } finally {
    truth.stop();
    await watching.catch(() => undefined);
    for (const device of devices) await device.setOffline(false);
    for (const account of accounts) await account.dispose();
    const counts = Object.entries(tally).sort().map(([what, count]) => `${count} × ${what}`);
    measure.note(
      `Devices ringing 10 s after the end, over ${late.length} sequences: ${stillRinging}. Devices rang ${rings} times; ` +
        `${offlineAtTheEnd} times one was without a network at the end, and is counted from when it was back.`,
    );
    measure.note(`What happened in the sequences: ${counts.join(", ")}.`);
  }
});

/** The channel is open on this device, and it is in no call. */
async function atHome({ person }: Device, channel: Channel): Promise<void> {
  const there = person.page.url().includes(channel.id);
  const ready = () => person.callButton.click({ trial: true, timeout: 5_000 });
  if (there && (await ready().then(() => true, () => false))) return;
  await person.open(channel);
  await ready();
  await person.touch();
}

/** One call, and what people and networks do to it. Whatever cannot be done any more is not done. */
async function play(dice: Dice, players: Device[], truth: Truth, count: (what: string) => void): Promise<void> {
  const caller = dice.pick(players);
  await caller.person.startCall();
  count("call");
  const others = players.filter(({ person }) => person.name !== caller.person.name);
  const steps = 1 + Math.floor(dice.roll() * 4);
  for (let step = 0; step < steps; step++) {
    await dice.pause(700);
    const [what, who, other] = [dice.roll(), dice.pick(players), dice.pick(others)];
    const done = (name: string, did: boolean) => count(did ? name : `${name}, too late`);
    if (what < 0.1) done("cancel", await caller.hangUp());
    else if (what < 0.25) done("answer", await other.accept());
    else if (what < 0.4) done("decline", await other.decline());
    else if (what < 0.6 && !who.offline) {
      count("reload");
      await who.person.page.reload({ waitUntil: "commit" });
    } else if (what < 0.85) {
      count(who.offline ? "online" : "offline");
      await who.setOffline(!who.offline);
    } else count("nothing");
  }
  // How it ends, while some may be without a network; now and then by itself.
  const end = dice.roll();
  if (end < 0.4) await caller.hangUp();
  else if (end < 0.7) for (const device of others) await device.decline();
  else if (end < 0.85) await dice.pick(others).accept();
  else {
    count("left to time");
    const patience = now() + (RING_SECONDS + 3) * 1_000;
    while (now() < patience && !truth.silent) await pause(50);
  }
  await dice.pause(400);
}

/** Everybody has a network again, before or after the end; and whatever goes on is ended, so that there is an end. */
async function clear(players: Device[], truth: Truth, dice: Dice, began: number): Promise<void> {
  const before = dice.roll() < 0.5;
  const back = () => Promise.all(players.map((device) => device.setOffline(false)));
  if (before) await back();
  for (const device of players) {
    const live = await device.ask("/api/live", {});
    const { calls } = (await live.json()) as { calls: Call[] };
    for (const { id } of calls) await device.ask("/api/voice/end_call", { call: id, nonce: crypto.randomUUID() });
  }
  // Whoever is rung by somebody who is gone: until their time is up.
  const patience = now() + (RING_SECONDS + 3) * 1_000;
  while (now() < patience && !truth.silent) await pause(50);
  if (!truth.silent) throw new Error(`the server lets it ring ${Math.round(now() - began)} ms after the beginning`);
  // It has said so once; the moment in which it was asked may have been before the last change.
  await pause(2 * ASK_EVERY);
  if (!before) await back();
}
