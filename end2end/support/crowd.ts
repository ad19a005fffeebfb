import type { Account } from "./account.ts";
import type { Person } from "./person.ts";
import type { Parish } from "./test.ts";
import { expect } from "./test.ts";

const NAMES = [
  "Agnes Miller", "Bartholomew Featherstonehaugh", "Cecilia Romero", "Dominik Wójcik", "Edith Brown", "Félix García",
  "Grace Okafor", "Henry Walsh", "Irena Kowalczyk", "Joseph Nguyen", "Kinga Zielińska", "Lucía Fernández",
  "Margaret O’Connor", "Nina Petrova", "Oscar Lindqvist", "Paula Castillo", "Quentin Roux", "Rosa Jiménez",
  "Stanisław Mazur", "Teresa Silva", "Ursula Weber", "Victor Hugo Alvarez", "Wanda Dąbrowska", "Xavier Dubois",
  "Yolanda Cruz", "Zofia Nowicka", "Aurelia Bauer", "Bruno Costa", "Clement Okoye", "Dorothy Young",
];

/** What a server must allow for so many. */
export const CROWDED = { TRUSTED_PROXIES: "127.0.0.1", RINGS_PER_PAIR: "60" };

type Room = { identity: string; muted: boolean; quality: string; speaking: boolean }[];

export type Crowd = {
  people: Account[];
  call: string;
  /** One of them speaks, as `watcher` hears it; without one, nobody. */
  speak: (member?: string) => Promise<void>;
};

/**
 * So many people of the parish are in a call that the first of them has started. They have no devices: what `watcher`'s
 * page is told of the room is what it would hear if they had some. To be asked for before that page is opened.
 */
export async function crowd({ paxora, account }: Parish, watcher: Person, count: number): Promise<Crowd> {
  const people: Account[] = [];
  for (const name of NAMES.slice(0, count)) people.push(await account(name));
  const anna = await account("Anna Nowak");
  const { call } = await anna.startCall(paxora.channel("Parish"), ...people, paxora.person(watcher.name));
  for (const person of people) await person.answer(call);
  const room: Room = [anna, ...people].map(({ member }, index) => ({
    identity: `${member}:1`,
    muted: index % 3 === 1,
    quality: "good",
    speaking: false,
  }));
  await watcher.page.addInitScript((room) => Object.assign(window, { room }), room);
  // The module that the page loads, with more people in the room than its voice server knows.
  await watcher.page.context().route(/assets\/voice-\w+\.mjs$/, (route) =>
    route.fulfill({
      contentType: "text/javascript",
      body: `import { Voice as Real } from "${route.request().url()}?real";
        export class Voice extends Real {
          constructor(tell) {
            let last;
            const all = () => last && tell({ ...last, people: [...last.people, ...window.room] });
            super((state) => ((last = state), all()));
            window.tellRoom = all;
          }
        }`,
    }),
  );
  const speak = (member?: string) =>
    watcher.page.evaluate((member) => {
      const page = window as unknown as { room: Room; tellRoom: () => void };
      for (const person of page.room) person.speaking = person.identity === `${member}:1`;
      page.tellRoom();
    }, member);
  return { people, call: call.id, speak };
}

/** Answers the call of the many. */
export async function join(watcher: Person, { people }: Crowd): Promise<void> {
  await watcher.accept();
  await expect(watcher.call.getByRole("heading", { name: `${people.length + 2} people` })).toBeVisible();
}
