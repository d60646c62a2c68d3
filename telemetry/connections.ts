import type { Server, Socket } from "node:net";

/**
 * Bounds the connections to a port that every pod of the cluster reaches: each needs memory, also before it has sent anything.
 * Beyond the bound, a new connection closes the oldest one of the address with most. So a pod that opens thousands closes its own,
 * and keeps nobody out.
 */
export class Connections {
  readonly #most: number;
  /** Address → its connections, the oldest first. */
  readonly #open = new Map<string, Map<string, Socket>>();

  /** `most` is the most connections that are not trusted. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Bounds the connections of this server. */
  bound(server: Pick<Server, "on">): void {
    server.on("connection", (socket: Socket) => {
      const { remoteAddress, remotePort } = socket;
      const from = remoteAddress ?? "";
      const port = String(remotePort);
      const those = this.#open.get(from) ?? new Map<string, Socket>();
      this.#open.set(from, those.set(port, socket));
      socket.once("close", () => this.#forget(from, port, socket));
      if (this.#count() > this.#most) this.#closeOne();
    });
  }

  /** No longer counts or closes the connection of this socket, which may be the TLS one. */
  trust({ remoteAddress = "", remotePort }: Pick<Socket, "remoteAddress" | "remotePort">): void {
    this.#forget(remoteAddress, String(remotePort));
  }

  #forget(from: string, port: string, socket?: Socket): void {
    const those = this.#open.get(from);
    if (socket === undefined || those?.get(port) === socket) those?.delete(port);
    if (those?.size === 0) this.#open.delete(from);
  }

  #count(): number {
    return [...this.#open.values()].reduce((sum, { size }) => sum + size, 0);
  }

  #closeOne(): void {
    const [busiest] = [...this.#open].toSorted(([, a], [, b]) => b.size - a.size);
    const [from, those] = busiest ?? ["", new Map<string, Socket>()];
    const [oldest] = those;
    if (oldest === undefined) return;
    const [port, socket] = oldest;
    this.#forget(from, port);
    socket.destroy();
  }
}
