import { PHONE } from "../support/axe.ts";
import { expect, test } from "../support/test.ts";

/** From here on a page moves under its reader: the bar of the Core Web Vitals. */
const GOOD = 0.1;

type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null }[] };

/** Runs in a page before anything else does: what has moved that nobody has touched, and how much. */
function noteShifts(): void {
  const seen: Shift[] = [];
  const observer = new PerformanceObserver((list) => void seen.push(...(list.getEntries() as Shift[])));
  observer.observe({ type: "layout-shift", buffered: true });
  const shifts = () => {
    seen.push(...(observer.takeRecords() as Shift[]));
    const name = (node: Node | null) => (node instanceof Element ? `${node.tagName}.${node.getAttribute("class")}` : "");
    const moved = seen.filter(({ hadRecentInput }) => !hadRecentInput);
    return moved.map(({ value, sources }) => ({ value, of: sources.map(({ node }) => name(node)) }));
  };
  Object.assign(window, { shifts });
}

/** On a wider screen the chat makes place for the call, and takes it again. */
const TABLET = { width: 1024, height: 768 };

for (const [size, viewport] of Object.entries({ phone: PHONE, tablet: TABLET })) {
  test(`on a ${size} nothing moves by itself as a chat is loaded, a ring comes and goes, and a call begins and ends`, {
    tag: "@embedded",
  }, async ({ parish: { paxora, signIn, signInAgain, account } }) => {
    const channel = paxora.direct("Anna", "Ben");
    const writer = await account("Anna Nowak");
    for (let count = 1; count <= 20; count++) await writer.write(channel, `Line ${count}.`);
    const [anna, ben] = [await signInAgain("Anna Nowak"), await signIn("Ben Carter")];
    await ben.page.addInitScript(noteShifts);
    await ben.page.setViewportSize(viewport);
    const steady = async (when: string) => {
      // What is drawn last counts as well.
      const shifts = await ben.page.evaluate(async () => {
        for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
        return (window as unknown as { shifts: () => { value: number; of: string[] }[] }).shifts();
      });
      const sum = shifts.reduce((sum, { value }) => sum + value, 0);
      expect(sum, `${when}: ${JSON.stringify(shifts)}`).toBeLessThan(GOOD);
    };
    for (const person of [anna, ben]) await person.open(channel);
    await expect(ben.line("Line 20.")).toBeVisible();
    await steady("loaded");
    // The offer of the ring's sound goes with the first touch.
    await ben.touch();
    await anna.startCall();
    await expect(ben.ringing(anna)).toBeVisible();
    await steady("ringing");
    await anna.hangUp();
    await expect(ben.ringing()).toBeHidden();
    await expect(ben.line("Missed call")).toBeVisible();
    await steady("no more");
    await expect(anna.callButton).toBeEnabled();
    await anna.startCall();
    await ben.accept();
    await ben.hears(anna);
    await steady("in a call");
    await anna.hangUp();
    await expect(ben.afterwards).toBeVisible();
    await steady("hung up");
    await expect(ben.afterwards).toBeHidden();
    await steady("over");
  });
}
