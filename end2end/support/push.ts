import type { Person } from "./person.ts";
import { Phone } from "./phone.ts";
import { PushService } from "./push-service.ts";
import { test as base } from "./test.ts";
import type { Settings } from "./paxora.ts";

/** As always, with a push service that the server sends to. */
export const test = base.extend<{ service: PushService; more: Settings; phone: (person: Person) => Promise<Phone> }>({
  service: async ({}, use) => {
    const service = await PushService.start();
    await use(service);
    service.close();
  },
  wholeBrowser: true,
  /** Settings besides those. */
  more: [{}, { option: true }],
  settings: async ({ service, more }, use) => {
    // Stories are told in seconds.
    await use({ PUSH_HOSTS: service.origin, CALLS_PER_MINUTE: "1000", RINGS_PER_PAIR: "1000", ...more });
  },
  /** Has somebody's device reached by push. */
  phone: async ({ parish: { paxora }, service }, use) => use((person) => Phone.start(person, paxora, service)),
});

export { expect } from "./test.ts";
