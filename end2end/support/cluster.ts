import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Response, expect } from "@playwright/test";
import { Paxora, type Host } from "./paxora.ts";

const HOSTS: Host[] = ["localhost", "127.0.0.1"];

/** Some other program that a test starts: its log is in the folder that it was given. */
class Started {
  private constructor(private readonly process: ChildProcess) {}

  /** Resolves when it listens on `port`. */
  static async listening(port: number, log: string, program: string, args: string[], env = {}): Promise<Started> {
    const process_ = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const file = createWriteStream(log, { flags: "a" });
    for (const output of [process_.stdout, process_.stderr]) output.pipe(file, { end: false });
    let gone = "";
    process_.once("error", (error) => (gone = String(error)));
    process_.once("exit", (code) => (gone = `ended with ${code}`));
    const state = async () => gone || ((await answers(port)) ? "listens" : "not yet");
    await expect.poll(state, { message: `${program}, see ${log}`, timeout: 20_000 }).not.toBe("not yet");
    if (gone) throw new Error(`${program} ${gone}: see ${log}`);
    return new Started(process_);
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, "exit");
    this.process.kill(signal);
    await exit;
  }
}

/**
 * What compose.scale.yaml starts, on this machine: two Paxoras on one PostgreSQL, two LiveKits on one Redis, and Caddy in front of all,
 * by the files that it mounts. Whoever comes by `localhost` is led to the first Paxora while it is there, whoever comes by `127.0.0.1`
 * to the second; and where calls are `led`, each of the two leads to a LiveKit of its own, which a real cluster leaves to chance.
 */
export class Cluster {
  private constructor(
    private readonly port: number,
    readonly paxoras: [Paxora, Paxora],
    readonly livekits: [LiveKit, LiveKit],
    readonly redis: Started,
    private readonly caddy: Started,
  ) {}

  static async start(folder: string, calls: "led" | "as shipped"): Promise<Cluster> {
    const { TEST_POSTGRES_URL } = process.env;
    if (!TEST_POSTGRES_URL) throw new Error("run this through script/scale-test, which starts PostgreSQL");
    mkdirSync(folder, { recursive: true });
    const [front, redisPort, one, other, tcp1, udp1, tcp2, udp2] = await freePorts(8);
    const database = `scale_${front}`;
    await promisify(execFile)("psql", [TEST_POSTGRES_URL, "--quiet", "--command", `CREATE DATABASE ${database}`]);
    const secret = "only-for-this-test-only-for-this-test";
    const redis = await startRedis(folder, redisPort);
    const livekits = await Promise.all([
      LiveKit.start(join(folder, "livekit-1.log"), { tcp: tcp1, udp: udp1, redis: redisPort, paxoras: [one, other], secret }),
      LiveKit.start(join(folder, "livekit-2.log"), { tcp: tcp2, udp: udp2, redis: redisPort, paxoras: [one, other], secret }),
    ]);
    const settings = (name: Host, port: number) => ({
      LISTEN: `127.0.0.1:${port}`,
      DATABASE_URL: TEST_POSTGRES_URL.replace("/postgres?", `/${database}?`),
      PUBLIC_URL: `http://localhost:${front}`,
      TRUSTED_PROXIES: "127.0.0.1",
      // One address, by two names if that leads to two LiveKits.
      LIVEKIT_URL: `ws://${calls === "led" ? name : "127.0.0.1"}:${front}`,
      LIVEKIT_API_KEY: "paxora",
      LIVEKIT_API_SECRET: secret,
    });
    const first = await Paxora.start(join(folder, "paxora-1"), "embedded", settings("localhost", one));
    const second = await first.beside(join(folder, "paxora-2"), settings("127.0.0.1", other));
    const caddy = await startCaddy(folder, front, [one, other], [tcp1, tcp2], calls);
    const cluster = new Cluster(front, [first, second], livekits, redis, caddy);
    // Caddy sends nobody to a Paxora of which it has not heard that it is well.
    const well = async () => Promise.all(HOSTS.map(async (host) => (await fetch(`${cluster.origin(host)}/health`)).status));
    await expect.poll(well, { message: "Caddy, see caddy.log", timeout: 20_000 }).toEqual([200, 200]);
    return cluster;
  }

  origin(host: Host): string {
    return `http://${host}:${this.port}`;
  }

  /** Which of our Paxoras has given this answer: 0 is the first. */
  async servedBy(answer: Response): Promise<number> {
    const address = await answer.headerValue("x-served-by");
    return this.paxoras.findIndex(({ port }) => address === `127.0.0.1:${port}`);
  }

  /** The LiveKit that carries the audio of the one call that goes on, and the one that does not. */
  async byAudio(): Promise<[LiveKit, LiveKit]> {
    const [one, other] = this.livekits;
    return (await one.served()).audio > 0 ? [one, other] : [other, one];
  }

  async stop(): Promise<void> {
    await Promise.all([...this.paxoras.map((paxora) => paxora.stop()), ...this.livekits.map((livekit) => livekit.end())]);
    for (const other of [this.caddy, this.redis]) await other.end("SIGTERM");
  }
}

type Places = { tcp: number; udp: number; redis: number; paxoras: number[]; secret: string };

/** One node of LiveKit, by deploy/livekit.yaml. */
export class LiveKit {
  private constructor(private readonly log: string, private readonly process: Started) {}

  static async start(log: string, { tcp, udp, redis, paxoras, secret }: Places): Promise<LiveKit> {
    const config = shipped("livekit.yaml", [
      ["port: 7880", `port: ${tcp}\nbind_addresses: ['127.0.0.1']`],
      ["redis:6379", `127.0.0.1:${redis}`],
      // As script/livekit has it: nothing leaves this machine.
      ["rtc:\n", "rtc:\n  interfaces: { includes: [lo] }\n  enable_loopback_candidate: true\n  stun_servers: ['127.0.0.1:3478']\n"],
      ["paxora-1:3000", `127.0.0.1:${paxoras[0]}`],
      ["paxora-2:3000", `127.0.0.1:${paxoras[1]}`],
    ]);
    // Who came by which node is told only at this level.
    const told = `${config}\nlogging: { level: debug }\n`;
    const env = { LIVEKIT_CONFIG: told, LIVEKIT_KEYS: `paxora: ${secret}`, NODE_IP: "127.0.0.1", UDP_PORT: String(udp), LIVEKIT_RTC_TCP_PORT: "0" };
    return new LiveKit(log, await Started.listening(tcp, log, process.env.LIVEKIT_SERVER ?? "livekit-server", [], env));
  }

  /** How often it has taken somebody's signalling, and how often it has carried somebody's audio. */
  async served(): Promise<{ signalling: number; audio: number }> {
    const said = await readFile(this.log, "utf8");
    const count = (words: string) => said.split(words).length - 1;
    return { signalling: count("new client WS connected"), audio: count("starting RTC session") };
  }

  /** As when its machine loses power. */
  end(): Promise<void> {
    return this.process.end("SIGKILL");
  }
}

function startRedis(folder: string, port: number): Promise<Started> {
  const nothingKept = ["--save", "", "--appendonly", "no"];
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, ...nothingKept];
  return Started.listening(port, join(folder, "redis.log"), "redis-server", args);
}

/** Caddy by deploy/scale.Caddyfile: once for each name that the front has, with other Paxoras first. */
function startCaddy(folder: string, front: number, paxoras: number[], livekits: number[], calls: "led" | "as shipped"): Promise<Started> {
  const site = ([name, ...order]: [Host, number, number]) => {
    const places = (ports: number[]) => order.map((at) => `127.0.0.1:${ports[at]}`).join(" ");
    return shipped("scale.Caddyfile", [
      ["{$PARISH_HOST} {", `http://${name}:${front} {\n\tbind 127.0.0.1`],
      [/\{\$LIVEKITS:.*?\} \{/, `${places(livekits)} {${calls === "led" ? "\n\t\tlb_policy first" : ""}`],
      [/\{\$PAXORAS:.*?\} \{/, `${places(paxoras)} {\n\t\tlb_policy first\n\t\theader_down X-Served-By {http.reverse_proxy.upstream.hostport}`],
      ["{\n\tservers {", "{\n\tadmin off\n\tservers {"],
    ]);
  };
  const [one, other] = [site(["localhost", 0, 1]), site(["127.0.0.1", 1, 0])];
  const config = join(folder, "Caddyfile");
  // What holds for all sites stands at the head, and may stand there once.
  writeFileSync(config, one + other.slice(other.indexOf("http://")));
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return Started.listening(front, join(folder, "caddy.log"), process.env.CADDY ?? "caddy", ["run", "--adapter", "caddyfile", "--config", config], env);
}

/** A file of deploy/, with what it says of places said of this machine. */
function shipped(name: string, changes: [string | RegExp, string][]): string {
  let text = readFileSync(join(import.meta.dirname, "../../deploy", name), "utf8");
  for (const [from, to] of changes) {
    if (text.search(typeof from === "string" ? from.replace(/[{}$]/g, "\\$&") : from) < 0) throw new Error(`deploy/${name} has no ${from}`);
    text = text.replace(from, () => to);
  }
  return text;
}

/** As many ports as are asked for, that nobody has now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => promisify(server.close.bind(server))()));
  return ports;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const came = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(() => false);
  socket.destroy();
  return came;
}
