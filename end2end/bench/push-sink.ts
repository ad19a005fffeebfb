import { type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A push, as it came in. */
export type Arrived = { endpoint: string; ttl: number; at: number };

/**
 * A push service on loopback that takes everything and reads nothing: 201 at once, or no answer at all for the devices
 * whose endpoints say so. What it is sent, `push-service.ts` checks in tests.
 */
export class PushSink {
  private arrived: Arrived[] = [];
  private readonly unanswered: ServerResponse[] = [];
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly server: Server) {
    server.on("request", (request, response) => {
      const at = performance.timeOrigin + performance.now();
      request.resume();
      request.on("end", () => {
        const endpoint = this.origin + request.url;
        this.arrived.push({ endpoint, ttl: Number(request.headers.ttl), at });
        if (endpoint.includes("/hangs/")) this.unanswered.push(response);
        else response.writeHead(201).end();
        for (const look of [...this.waiting]) look();
      });
    });
  }

  static async start(): Promise<PushSink> {
    const server = createServer();
    const sink = new PushSink(server);
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return sink;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  endpoint(device: number, hangs: boolean): string {
    return `${this.origin}/${hangs ? "hangs" : "answers"}/${device}`;
  }

  forget(): void {
    this.arrived = [];
  }

  /** Waits until `many` such pushes have arrived since `forget`. */
  async pushes(many: number, such: (pushed: Arrived) => boolean): Promise<Arrived[]> {
    const found = () => this.arrived.filter(such);
    while (found().length < many) {
      await new Promise<void>((resume, reject) => {
        const look = () => {
          clearTimeout(alarm);
          this.waiting.delete(look);
          resume();
        };
        const alarm = setTimeout(() => {
          this.waiting.delete(look);
          reject(new Error(`only ${found().length} of ${many} pushes came`));
        }, 20_000);
        this.waiting.add(look);
      });
    }
    return found();
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
