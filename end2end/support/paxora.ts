import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const ROOT = resolve(import.meta.dirname, "../..");
const PROGRAM = join(ROOT, "target/debug/paxora");

export type DemoPerson = { name: string; role: string; login: string; member: string; link: string };
export type Channel = { id: string; kind: "parish" | "group" | "direct"; name: string };
export type Host = "localhost" | "127.0.0.1";
type Demo = { parish: string; people: DemoPerson[]; channels: Channel[] };

/** The product, with the demo parish: one server of its own, on a free port, with a database of its own. */
export class Paxora {
  private constructor(
    readonly demo: Demo,
    readonly port: number,
    private readonly process: ChildProcess,
  ) {}

  /** Keeps its database and its log in `folder`. */
  static async start(folder: string, settings: Record<string, string> = {}): Promise<Paxora> {
    mkdirSync(folder, { recursive: true });
    const env = {
      ...process.env,
      DATABASE_URL: `sqlite:${join(folder, "paxora.db")}`,
      LISTEN: "127.0.0.1:0",
      SITE_DIR: join(ROOT, "target/site"),
      ...settings,
    };
    const { stdout } = await promisify(execFile)(PROGRAM, ["demo", "--json"], { env, cwd: folder });
    const server = spawn(PROGRAM, ["serve"], { env, cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(join(folder, "server.log"));
    server.stderr.pipe(log, { end: false });
    for await (const line of createInterface({ input: server.stdout })) {
      const port = line.match(/^Paxora listens on http:\/\/127\.0\.0\.1:(\d+)/)?.[1];
      if (!port) continue;
      server.stdout.pipe(log, { end: false });
      return new Paxora(JSON.parse(stdout) as Demo, Number(port), server);
    }
    throw new Error(`the server did not start: see ${join(folder, "server.log")}`);
  }

  /** Which address people use: the two are two cookie jars of one browser. */
  origin(host: Host = "localhost"): string {
    return `http://${host}:${this.port}`;
  }

  person(name: string): DemoPerson {
    return found(this.demo.people.find((person) => person.name === name), name);
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
    const ended = this.process.exitCode === null ? once(this.process, "exit") : undefined;
    this.process.kill("SIGTERM");
    // A server that does not end on request is killed, so that the next test is not disturbed.
    const insist = setTimeout(() => this.process.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(insist);
  }
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the demo parish has no ${name}`);
  return value;
}
