import type { Person } from "../support/person.ts";
import { inTheBackground } from "../support/spy.ts";
import type { Paxora } from "../support/paxora.ts";
import { Account } from "../support/account.ts";
import { expect } from "../support/test.ts";
import { RING_SECONDS, compareClocks, test } from "./bench.ts";
import { Marks } from "./marks.ts";
import { pause, times } from "./measure.ts";
import type { Arrived, PushSink } from "./push-sink.ts";

const CALL = "Start voice call";

/** Whoever called gives up, and the next round begins with nothing in the way. */
async function giveUp(caller: Person, callee: Marks): Promise<number> {
  await caller.hangUp();
  const gone = await callee.first("overlay gone");
  await expect(caller.call).toBeHidden();
  return gone;
}

test("an open tab @open-tab", async ({ parish: { paxora, signIn }, measure }) => {
  const channel = paxora.direct("Anna", "Ben");
  const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
  const [hers, his] = [await Marks.of(anna), await Marks.of(ben)];
  for (const person of [anna, ben]) await person.open(channel);
  await ben.touch();
  const shown = measure.row("tap *Call* → overlay in the callee's open tab", { p50: 60, p95: 150 });
  const drawn = measure.row("… and drawn");
  const gone = measure.row("tap *End call* → the overlay is gone");
  for (let ring = 0; ring < times(200); ring++) {
    for (const marks of [hers, his]) marks.forget();
    await anna.startCall();
    const tapped = await hers.first("tap", CALL);
    shown.push((await his.first("overlay shown")) - tapped);
    drawn.push((await his.first("overlay drawn")) - tapped);
    const ended = await giveUp(anna, his);
    gone.push(ended - (await hers.first("tap", "End call")));
  }
  compareClocks(measure, hers, his);
});

for (const hidden of [false, true]) {
  const tab = hidden ? "hidden" : "visible";
  test(`only polling, ${tab} @polling`, async ({ parish: { paxora, signIn }, measure, dice }) => {
    const channel = paxora.direct("Anna", "Ben");
    const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
    const [hers, his] = [await Marks.of(anna), await Marks.of(ben)];
    await anna.open(channel);
    if (hidden) await ben.page.addInitScript(inTheBackground);
    await ben.page.route("**/api/events**", (route) => route.abort());
    await ben.open(channel);
    const shown = measure.row(`only polling, ${tab} tab: tap *Call* → overlay`, { most: 3_500 });
    const gone = measure.row(`only polling, ${tab} tab: tap *End call* → the overlay is gone`);
    for (let ring = 0; ring < times(20); ring++) {
      // Somewhere between two polls.
      await dice.pause(3_000);
      for (const marks of [hers, his]) marks.forget();
      await anna.startCall();
      shown.push((await his.first("overlay shown")) - (await hers.first("tap", CALL)));
      await dice.pause(1_000);
      const ended = await giveUp(anna, his);
      gone.push(ended - (await hers.first("tap", "End call")));
    }
    compareClocks(measure, hers, his);
  });
}

test("the other device @other-device", async ({ parish: { paxora, signIn, signInAgain }, measure }) => {
  const channel = paxora.direct("Anna", "Ben");
  const [anna, phone, laptop] = [await signIn("Anna Nowak"), await signIn("Ben Carter"), await signInAgain("Ben Carter")];
  const marks = new Map<Person, Marks>();
  for (const person of [anna, phone, laptop]) {
    marks.set(person, await Marks.of(person));
    await person.open(channel);
    await person.touch();
  }
  const of = (person: Person) => marks.get(person) as Marks;
  const silent = measure.row("tap *Accept* or *Decline* → the other device shows and sounds nothing", { p99: 1_000 });
  for (let ring = 0; ring < times(100); ring++) {
    for (const each of marks.values()) each.forget();
    const [one, other] = ring % 2 ? [phone, laptop] : [laptop, phone];
    const what = ring % 4 < 2 ? "answer" : "decline";
    await anna.startCall();
    for (const device of [one, other]) {
      await of(device).first("overlay shown");
      await of(device).first("tone starts", "ringtone");
    }
    await (what === "answer" ? one.accept(anna) : one.decline());
    const tapped = await of(one).first("tap", what === "answer" ? "Accept" : "Decline");
    const gone = await of(other).first("overlay gone");
    silent.push(Math.max(gone, await of(other).first("tone stops", "ringtone")) - tapped);
    if (what === "answer") {
      await expect(anna.call.getByRole("timer")).toBeVisible();
      await anna.hangUp();
    }
    for (const person of [anna, one]) await expect(person.call).toBeHidden();
  }
  compareClocks(measure, ...marks.values());
});

for (const hangs of [false, true]) {
  test(`push${hangs ? ", and a third of the devices hangs" : ""} @push`, async ({ parish: { paxora, signIn }, sink, measure }) => {
    const channel = paxora.direct("Anna", "Ben");
    const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
    const [hers, his] = [await Marks.of(anna), await Marks.of(ben)];
    for (const person of [anna, ben]) await person.open(channel);
    const phones = await subscribe(paxora, sink, hangs ? [false, false, true] : [false, false]);
    const which = hangs ? "a third of the devices hangs: " : "with phones to push to: ";
    const pushed = measure.row(`${which}call begun on the server (before the commit) → push at the push service`, { p95: 200 });
    const after = measure.row(`${which}the caller has the server's reply → push at the push service`);
    const shown = measure.row(`${which}tap *Call* → overlay in the callee's open tab`, { p50: 60, p95: 150 });
    const over = measure.row(`${which}tap *End call* → *Missed call* at the push service`);
    const toThose = ({ endpoint }: Arrived) => !endpoint.includes("/hangs/");
    for (let ring = 0; ring < times(100); ring++) {
      sink.forget();
      for (const marks of [hers, his]) marks.forget();
      const replied = anna.page.waitForResponse(/\/api\/voice\/initiate_call/);
      await anna.startCall();
      const rings = sink.pushes(2, (it) => toThose(it) && it.ttl <= RING_SECONDS);
      shown.push((await his.first("overlay shown")) - (await hers.first("tap", CALL)));
      const reply = await replied;
      const { call } = (await reply.json()) as { call: { createdAt: number } };
      await reply.finished();
      const { startTime, responseEnd } = reply.request().timing();
      for (const { at } of await rings) {
        pushed.push(at - call.createdAt);
        after.push(at - startTime - responseEnd);
      }
      await giveUp(anna, his);
      const ended = await hers.first("tap", "End call");
      for (const { at } of await sink.pushes(2, (it) => toThose(it) && it.ttl > RING_SECONDS)) over.push(at - ended);
      await pause(50);
    }
    compareClocks(measure, hers, his);
    for (const phone of phones) await phone.dispose();
  });
}

/** Devices of Ben's on which no page is open. */
async function subscribe(paxora: Paxora, sink: PushSink, hanging: boolean[]): Promise<Account[]> {
  const phones: Account[] = [];
  for (const [at, hangs] of hanging.entries()) {
    const phone = await Account.signIn(paxora, await paxora.personAgain("Ben Carter"));
    await phone.subscribe(sink.endpoint(at, hangs));
    phones.push(phone);
  }
  return phones;
}
