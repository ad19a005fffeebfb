import { readFileSync } from "node:fs";
import { type BrowserContext, expect, type Request } from "@playwright/test";
import type { Paxora } from "./paxora.ts";

/** Shorter words may be in a log by chance. */
const SHORTEST = 6;
/** The fields of requests that are nobody's business: what was typed, and what opens something. */
const PRIVATE = new Set(
  ["access_token", "auth", "body", "code", "confirm", "current", "endpoint", "invite", "join_request", "login", "name"].concat(
    ["note", "old", "p256dh", "password", "text", "token", "words"],
  ),
);
/** The same of answers. Of names, `noteParish` knows those of people; a channel may be called by any word. */
const HANDED_OUT = new Set(["address", "code", "text", "token"]);
/** What a log names things by: it opens nothing. */
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What people typed and were handed in this story. One story at a time is played in a process. */
const words = new Set<string>();

/** Answers that are being read. */
const reading = new Set<Promise<void>>();

/** Takes note of what is private in something that is sent. */
export function note(sent: unknown, name = "", fields = PRIVATE): void {
  if (typeof sent === "string") {
    if (!fields.has(name) || sent.trim().length < SHORTEST || ID.test(sent)) return;
    if (name === "address") noteAddress(sent);
    else words.add(sent.trim());
  } else if (sent && typeof sent === "object") {
    for (const [key, value] of Object.entries(sent)) note(value, Array.isArray(sent) ? name : key, fields);
  }
}

function noteAddress(address: string): void {
  const { pathname, searchParams } = new URL(address);
  note(Object.fromEntries(searchParams));
  const invite = pathname.match(/\/join\/([^/]+)/)?.[1];
  note({ invite });
}

function noteRequest(request: Request): void {
  noteAddress(request.url());
  const body = request.postData();
  if (!body) return;
  try {
    note(JSON.parse(body));
  } catch {
    note(Object.fromEntries(new URLSearchParams(body)));
  }
}

async function noteAnswer(request: Request): Promise<void> {
  const response = new URL(request.url()).pathname.startsWith("/api/") ? await request.response() : null;
  if (response?.headers()["content-type"]?.startsWith("application/json")) note(await response.json(), "", HANDED_OUT);
}

/** Takes note of all that the pages of a browser profile send, and of what is answered to what they ask for. */
export function watch(context: BrowserContext): void {
  context.on("request", noteRequest);
  context.on("requestfinished", (request) => {
    // Of a page that has gone meanwhile, nothing can be read.
    const read = noteAnswer(request).catch(() => undefined);
    reading.add(read);
    void read.finally(() => reading.delete(read));
  });
  context.on("page", (page) => page.on("websocket", (socket) => noteAddress(socket.url())));
}

/** Takes note of who lives in the parish, and of what keeps a browser profile signed in. */
export async function noteParish(paxora: Paxora, contexts: BrowserContext[]): Promise<void> {
  for (const { name, login, link } of paxora.demo.people) {
    note({ name, login });
    noteAddress(link);
  }
  await Promise.all(reading);
  for (const context of contexts) {
    const cookies = await context.cookies().catch(() => []);
    for (const { value } of cookies) note({ token: value });
  }
}

/** None of it is in these logs; the next story begins without any. */
export function expectNoneIn(...logs: string[]): void {
  const lines = logs.flatMap((log) => readFileSync(log, "utf8").split("\n"));
  const secrets = [...words];
  words.clear();
  const told = lines.filter((line) => secrets.some((word) => line.includes(word) || line.includes(encodeURIComponent(word))));
  expect(told, "lines of the server's log with something private in them").toEqual([]);
}
