import type { Server, Socket } from "node:net";
import { startRelay } from "../../cluster/relay.ts";

/** A connection to a program that a test can cut and mend: a port of this machine, behind which the program is. */
export class Wire {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(target: string) {
    const { hostname: host, port } = new URL(target);
    this.#target = { host, port: Number(port) };
  }

  /** The same after each cut. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Lets connections through. */
  async mend(): Promise<void> {
    const server = await startRelay({ host: "127.0.0.1", port: this.#port }, this.#target);
    this.#server = server;
    this.#port = (server.address() as { readonly port: number }).port;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Ends all connections, and refuses others. */
  cut(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
