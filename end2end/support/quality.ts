import type { Page } from "@playwright/test";

/** As the protocol counts them. */
const QUALITY = { poor: 0, good: 1, lost: 3 };
/** Field 12 of a `SignalResponse`: how well everybody hangs together with the voice server. */
const JUDGED = 0x62;

const field = (tag: number, bytes: number[]) => [tag, bytes.length, ...bytes];
const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

/**
 * Lets a test say, in the voice server's place, how well somebody hangs together with it: a bad network that is the same
 * in every run. Ask for it before the call begins; from the first word on, the voice server's own are dropped.
 */
export async function judge(page: Page): Promise<(member: string, quality: keyof typeof QUALITY) => void> {
  const seats = new Map<string, string>();
  let send: (message: Buffer) => void = () => {
    throw new Error("there is no call yet");
  };
  let judged = false;
  await page.routeWebSocket(/\/rtc\b/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => server.send(message));
    server.onMessage((message) => {
      const bytes = Buffer.from(message as Buffer);
      // A participant's own two first fields: the seat, and whose it is.
      for (const [, seat, member] of bytes.toString("latin1").matchAll(/(PA_\w+)\x12.([0-9a-f-]{36}):\d+/gs)) {
        seats.set(member, seat);
      }
      if (!judged || bytes[0] !== JUDGED) socket.send(message);
    });
    send = (message) => socket.send(message);
  });
  return (member, quality) => {
    const seat = seats.get(member);
    if (!seat) throw new Error(`${member} has no seat`);
    judged = true;
    const update = field(0x0a, [...field(0x0a, ascii(seat)), 0x10, QUALITY[quality]]);
    send(Buffer.from(field(JUDGED, update)));
  };
}
