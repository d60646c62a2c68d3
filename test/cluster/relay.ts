import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";

/**
 * Pipes every connection at `listen` to `target`. A Unix socket lets connections cross the border of a network namespace,
 * because the namespaces share the file system. Resolves once it listens; rejects if it cannot.
 */
export function startRelay(
  listen: { path: string } | { host: string; port: number },
  target: NetConnectOpts,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (from) => {
    const to = connect({ ...target, allowHalfOpen: true });
    join(from, to);
    join(to, from);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen, () => resolve(server));
  });
}

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  // Either end may close at any time; then the relay closes the other one.
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroySoon());
}
