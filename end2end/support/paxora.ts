import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const ROOT = resolve(import.meta.dirname, "../..");
/** Tests run a debug build; `script/bench` says otherwise. */
const PROGRAM = resolve(ROOT, process.env.PAXORA_PROGRAM ?? "target/debug/paxora");

export type DemoPerson = { name: string; role: string; login: string; member: string; link: string };
export type Channel = { id: string; kind: "parish" | "group" | "direct"; name: string };
export type Host = "localhost" | "127.0.0.1";
/** What carries the audio: our own server inside of Paxora, or the LiveKit that `script/livekit` started. */
export type VoiceServer = "embedded" | "livekit";
export type Settings = Record<string, string | undefined>;
type Demo = { parish: string; people: DemoPerson[]; channels: Channel[] };

/** What Paxora is told about the voice server. Without `LIVEKIT_URL` it has its own; port 0 is a free one. */
const VOICE: Record<VoiceServer, () => Settings> = {
  embedded: () => ({
    LIVEKIT_URL: undefined,
    LIVEKIT_API_KEY: undefined,
    LIVEKIT_API_SECRET: undefined,
    VOICE_BIND: "127.0.0.1",
    VOICE_UDP_PORT: "0",
    VOICE_TCP_PORT: "0",
  }),
  livekit: () => {
    const { LIVEKIT_URL, LIVEKIT_WEBHOOK_PORT } = process.env;
    if (!LIVEKIT_URL) throw new Error("run this through `script/test browsers`, which starts LiveKit");
    // Where LiveKit sends its webhooks. One test runs at a time.
    return { LISTEN: `127.0.0.1:${LIVEKIT_WEBHOOK_PORT}` };
  },
};

/** The product, with the demo parish: one server of its own, on a free port, with a database of its own. */
export class Paxora {
  private constructor(
    readonly demo: Demo,
    readonly port: number,
    private readonly folder: string,
    private readonly settings: Settings,
    private process: ChildProcess,
  ) {}

  /** Keeps its database and its log in `folder`. */
  static async start(folder: string, voiceServer: VoiceServer, settings: Settings = {}): Promise<Paxora> {
    mkdirSync(folder, { recursive: true });
    const all = {
      DATABASE_URL: `sqlite:${join(folder, "paxora.db")}`,
      LISTEN: "127.0.0.1:0",
      SITE_DIR: join(ROOT, "target/site"),
      // Whatever could be logged is, so that nothing private gets past `canaries.ts`.
      RUST_LOG: process.env.RUST_LOG ?? "info,paxora=debug,backend=debug,store=debug,push=debug,voice=debug,sqlx=debug",
      ...VOICE[voiceServer](),
      ...settings,
    };
    const demo = JSON.parse(await run(folder, all, "demo", "--json")) as Demo;
    const { port, server } = await serve(folder, all);
    return new Paxora(demo, port, folder, all, server);
  }

  /** One more server of the same parish. */
  async beside(folder: string, settings: Settings): Promise<Paxora> {
    mkdirSync(folder, { recursive: true });
    const all = { ...this.settings, ...settings };
    const { port, server } = await serve(folder, all);
    return new Paxora(this.demo, port, folder, all, server);
  }

  /** Ends the server: it may say goodbye, or not. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const runs = this.process.exitCode === null && this.process.signalCode === null;
    const exit = runs ? once(this.process, "exit") : undefined;
    this.process.kill(signal);
    await exit;
  }

  /** Starts the server again after its end, at the same address, with the same database. */
  async startAgain(): Promise<void> {
    const settings = { ...this.settings, LISTEN: `127.0.0.1:${this.port}` };
    this.process = (await serve(this.folder, settings)).server;
  }

  /** Opens one more parish, and answers the link of its first admin. */
  async openParish(name: string): Promise<string> {
    const said = await run(this.folder, this.settings, "parish", "create", name);
    return this.origin() + new URL(found(said.match(/https?:\S+/)?.[0], "link")).pathname;
  }

  /** A link by which somebody new can join the parish. */
  async invite(): Promise<string> {
    const said = await run(this.folder, this.settings, "invite");
    return found(said.match(/\/join\/(\S+)/)?.[1], "invite");
  }

  /** Which address people use: the two are two cookie jars of one browser. */
  origin(host: Host = "localhost"): string {
    return `http://${host}:${this.port}`;
  }

  /** Somebody's one-time link, at the port that the server got. */
  link(who: DemoPerson): string {
    const { pathname, search } = new URL(who.link);
    return this.origin() + pathname + search;
  }

  person(name: string): DemoPerson {
    return found(this.demo.people.find((person) => person.name === name), name);
  }

  /** The same person with a fresh link: for one more device. */
  async personAgain(name: string): Promise<DemoPerson> {
    const demo = JSON.parse(await run(this.folder, this.settings, "demo", "--json")) as Demo;
    return found(demo.people.find((person) => person.name === name), name);
  }

  /** Takes somebody out of the parish, as its volunteer would. */
  async removeFromParish(name: string): Promise<void> {
    await run(this.folder, this.settings, "member", "removed", this.person(name).login);
  }

  /** Lets somebody call nowhere any more, as its volunteer would. */
  async block(name: string): Promise<void> {
    await run(this.folder, this.settings, "member", "blocked", this.person(name).login);
  }

  channel(name: string): Channel {
    return found(this.demo.channels.find((channel) => channel.name === name), name);
  }

  /** The channel that only these two are in. */
  direct(one: string, other: string): Channel {
    const both = (name: string) => name.includes(one) && name.includes(other);
    return found(this.demo.channels.find(({ kind, name }) => kind === "direct" && both(name)), `${one} and ${other}`);
  }

  async stop(): Promise<void> {
    // A server that does not end on request is killed, so that the next test is not disturbed.
    const insist = setTimeout(() => this.process.kill("SIGKILL"), 5_000);
    await this.end("SIGTERM");
    clearTimeout(insist);
  }
}

const environment = (settings: Settings) => ({ ...process.env, ...settings }) as NodeJS.ProcessEnv;

/** What a command of the program prints. */
async function run(folder: string, settings: Settings, ...command: string[]): Promise<string> {
  const answer = await promisify(execFile)(PROGRAM, command, { env: environment(settings), cwd: folder });
  return answer.stdout;
}

/** A server that listens. */
async function serve(folder: string, settings: Settings): Promise<{ port: number; server: ChildProcess }> {
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  const server = spawn(PROGRAM, ["serve"], { env: environment(settings), cwd: folder, stdio });
  const log = createWriteStream(join(folder, "server.log"), { flags: "a" });
  server.stderr.pipe(log, { end: false });
  for await (const line of createInterface({ input: server.stdout })) {
    log.write(`${line}\n`);
    const port = line.match(/^Paxora listens on http:\/\/127\.0\.0\.1:(\d+)/)?.[1];
    if (!port) continue;
    server.stdout.pipe(log, { end: false });
    return { port: Number(port), server };
  }
  throw new Error(`the server did not start: see ${join(folder, "server.log")}`);
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the demo parish has no ${name}`);
  return value;
}
