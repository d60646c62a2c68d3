import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { Clock } from "../kube/core/clock.ts";

/**
 * API servers keep an idle connection for 90 s. They must be the first to leave it: a review sent while we close it is
 * lost, and with it somebody's update.
 */
const IDLE_MS = 100_000;
/** Long enough that under load each connection is used once more, and left, in ms. */
const DRAIN_MS = 3_000;

/** What holds for every certificate. */
export const tls = { minVersion: "TLSv1.2" } as const;

/** An HTTPS server for clients that keep their connections; it has no certificate yet. */
export function admissionServer(app: RequestListener): Server {
  const server = createServer(tls, app);
  server.keepAliveTimeout = IDLE_MS;
  // Both count on a connection that was opened in reserve, too.
  server.headersTimeout = IDLE_MS;
  server.requestTimeout = IDLE_MS;
  server.on("request", (_request, response) => {
    // Who was being answered when the drain began has not been told to leave.
    response.once("close", () => !server.listening && server.closeIdleConnections());
  });
  return server;
}

/**
 * Ends a server without losing a request: it goes on answering for a while, telling each client to leave its connection, then
 * closes what is idle and waits for the rest.
 */
export async function drainServer(server: Server, clock: Clock): Promise<void> {
  server.prependListener("request", (_request, response) => void response.setHeader("connection", "close"));
  await clock.sleep(DRAIN_MS);
  const closed = once(server, "close");
  server.close();
  await closed;
}
