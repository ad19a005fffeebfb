import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type JSHandle, type Page, expect } from "@playwright/test";
import type { Access } from "./account.ts";
import { type Heard, isTone, listenUntil } from "./ears.ts";
import { type Gap, type Scenario, type Stock, install } from "./stock-page.ts";

const LIVEKIT = join(import.meta.dirname, "../../frontend/node_modules/livekit-client/dist/livekit-client.esm.mjs");

/** An address at which there is nothing but an empty page and livekit-client, as it comes. */
export async function serveStock(): Promise<{ origin: string; close: () => void }> {
  const bundle = await readFile(LIVEKIT);
  const server = createServer((request, response) => {
    const [type, body] =
      request.url === "/livekit-client.mjs" ? ["text/javascript", bundle] : ["text/html", "<!doctype html><body>"];
    response.writeHead(200, { "content-type": type }).end(body);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** A page with any number of clients in it. */
export class StockPage {
  private constructor(private readonly stock: JSHandle<Stock>) {}

  static async open(page: Page, origin: string): Promise<StockPage> {
    await page.goto(origin);
    return new StockPage(await page.evaluateHandle(install, "/livekit-client.mjs"));
  }

  /** Joins as somebody with a voice of this tone; without one, somebody who only listens. */
  async join(name: string, access: Access, tone?: number): Promise<StockClient> {
    const joined = await this.stock.evaluate((stock, [name, access, tone]) => stock.join(name, access, { tone }), [
      name,
      access,
      tone,
    ] as const);
    return new StockClient(this.stock, name, joined.identity, tone, joined.connected);
  }
}

/** Somebody in a room, whose client is an untouched livekit-client. */
export class StockClient {
  constructor(
    private readonly stock: JSHandle<Stock>,
    readonly name: string,
    readonly identity: string,
    readonly tone: number | undefined,
    /** How long `connect()` took, in milliseconds. */
    readonly connected: number,
  ) {}

  /** Hears each of these with their own voice, and knows of nobody else. */
  async hears(...others: StockClient[]): Promise<void> {
    const claim = `${this.name} hears ${others.map(({ name, tone }) => `${name} (${tone} Hz)`).join(", ")}`;
    await this.listenUntil(claim, (heard) =>
      others.every(({ identity, tone }) => heard[identity] && isTone(heard[identity], tone)),
    );
    expect((await this.others()).sort()).toEqual(others.map(({ identity }) => identity).sort());
  }

  /** Hears each of these with their own voice; of whoever else is there nothing comes, not even to be played without a sound. */
  async hearsOnly(...others: StockClient[]): Promise<void> {
    const claim = `${this.name} hears only ${others.map(({ name, tone }) => `${name} (${tone} Hz)`).join(", ") || "silence"}`;
    await this.listenUntil(claim, (heard) => {
      const coming = Object.values(heard).filter(({ packets }) => packets > 0);
      const all = others.every(({ identity, tone }) => heard[identity] && isTone(heard[identity], tone));
      return all && coming.length === others.length;
    });
  }

  async hearsNothing(): Promise<void> {
    await this.hearsOnly();
  }

  private listenUntil(claim: string, holds: (heard: Record<string, Heard>) => boolean): Promise<void> {
    return listenUntil(claim, () => this.stock.evaluate((stock, name) => stock.listen(name), this.name), holds);
  }

  /** The identities of the others in the room. */
  others(): Promise<string[]> {
    return this.stock.evaluate((stock, name) => stock.others(name), this.name);
  }

  /** What happened to the connection since somebody last forgot it. */
  events(): Promise<string[]> {
    return this.stock.evaluate((stock, name) => stock.events(name), this.name);
  }

  forgetEvents(): Promise<void> {
    return this.stock.evaluate((stock, name) => stock.forget(name), this.name);
  }

  state(): Promise<string> {
    return this.stock.evaluate((stock, name) => stock.state(name), this.name);
  }

  /** Lets livekit-client play one of its own failures. */
  simulate(scenario: Scenario): Promise<void> {
    return this.stock.evaluate((stock, [name, scenario]) => stock.simulate(name, scenario), [
      this.name,
      scenario,
    ] as const);
  }

  /** From here on notes how long nothing comes from the others; `gaps` ends it. */
  watchGaps(): Promise<void> {
    return this.stock.evaluate((stock, name) => stock.watch(name), this.name);
  }

  /** By identity. */
  gaps(): Promise<Record<string, Gap>> {
    return this.stock.evaluate((stock, name) => stock.gaps(name), this.name);
  }

  /** From `connect()` to the first packet of anybody, in milliseconds. */
  firstPacket(): Promise<number> {
    return this.stock.evaluate((stock, name) => stock.firstPacket(name), this.name);
  }

  /** How the audio travels, and a number that stays the same as long as the connection does. */
  transport(): Promise<{ protocol: string; connection: number }> {
    return this.stock.evaluate((stock, name) => stock.transport(name), this.name);
  }

  setMuted(muted: boolean): Promise<void> {
    return this.stock.evaluate((stock, [name, muted]) => stock.setMuted(name, muted), [this.name, muted] as const);
  }

  /** From here on goes on sending, whatever the voice server says of its microphone. */
  ignoreMutes(): Promise<void> {
    return this.stock.evaluate((stock, name) => stock.ignoreMutes(name), this.name);
  }

  /** How many packets of its microphone have gone out. */
  sent(): Promise<number> {
    return this.stock.evaluate((stock, name) => stock.sent(name), this.name);
  }

  leave(): Promise<void> {
    return this.stock.evaluate((stock, name) => stock.leave(name), this.name);
  }
}
