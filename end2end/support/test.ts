import { join } from "node:path";
import { type BrowserContextOptions, test as base } from "@playwright/test";
import { type Host, Paxora } from "./paxora.ts";
import { type Device, Person, startDevice, toneOf } from "./person.ts";

type Settings = Record<string, string>;
type Parish = {
  paxora: Paxora;
  /** A device of a browser process of its own; by default with this person's voice. */
  device: (name: string, options?: BrowserContextOptions) => Promise<Device>;
  signIn: (name: string, device?: Device, host?: Host) => Promise<Person>;
  /** The two most of the stories are about, each at home, with the chat of the two open. */
  annaAndBen: () => Promise<[Person, Person]>;
};

/** Every test gets a server of its own with the demo parish, and as many people as it asks for. */
export const test = base.extend<{ settings: Settings; parish: Parish }>({
  settings: [{}, { option: true }],
  parish: async ({ settings }, use, testInfo) => {
    test.skip(Boolean(process.env.PAXORA_WITHOUT_LIVEKIT), "needs the real LiveKit");
    if (!process.env.LIVEKIT_URL) throw new Error("run this through `script/test browsers`, which starts LiveKit");
    const folder = testInfo.outputPath("parish");
    const paxora = await Paxora.start(folder, settings);
    const devices: Device[] = [];
    const device: Parish["device"] = async (name, options) => {
      const started = await startDevice(folder, toneOf(paxora.person(name)), options);
      devices.push(started);
      return started;
    };
    const signIn: Parish["signIn"] = async (name, on, host) =>
      Person.signIn(paxora, paxora.person(name), on ?? (await device(name)), paxora.origin(host));
    const annaAndBen: Parish["annaAndBen"] = async () => {
      const [anna, ben] = [await signIn("Anna Nowak"), await signIn("Ben Carter")];
      const channel = paxora.direct("Anna", "Ben");
      await anna.open(channel);
      await ben.open(channel);
      return [anna, ben];
    };
    try {
      await use({ paxora, device, signIn, annaAndBen });
    } finally {
      await Promise.all(devices.map(({ context }) => context.browser()?.close()));
      await paxora.stop();
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach("server.log", { path: join(folder, "server.log") });
      }
    }
  },
});

export { expect } from "@playwright/test";
