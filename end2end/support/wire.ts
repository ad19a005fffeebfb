import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";

/** A wire to somewhere, that can be cut: whoever is at its ends gets no goodbye. */
export class Wire {
  private readonly sockets = new Set<Socket>();
  private atFirstAnswer: (() => void) | undefined;

  private constructor(
    private readonly server: Server,
    private readonly far: URL,
  ) {}

  static async to(address: string): Promise<Wire> {
    const far = new URL(address);
    const server = createServer();
    const wire = new Wire(server, far);
    server.on("connection", (near) => wire.carry(near));
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return wire;
  }

  /** The address of the near end: the same path over another port. */
  get address(): string {
    const near = new URL(this.far);
    near.hostname = "127.0.0.1";
    near.port = String((this.server.address() as AddressInfo).port);
    return near.href.replace(/\/$/, "");
  }

  /** Cuts everything that goes through it; whoever comes again gets through again. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Cuts the next connection in the moment in which the far end says something; resolves when that has happened. */
  cutAtFirstAnswer(): Promise<void> {
    return new Promise((happened) => {
      this.atFirstAnswer = () => {
        this.atFirstAnswer = undefined;
        this.cut();
        happened();
      };
    });
  }

  close(): void {
    this.server.close();
    this.cut();
  }

  private carry(near: Socket): void {
    const far = connect({ host: this.far.hostname, port: Number(this.far.port) });
    far.once("data", () => this.atFirstAnswer?.());
    for (const [one, other] of [[near, far], [far, near]] as const) {
      this.sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
