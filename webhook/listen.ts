import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { Clock } from "../kube/core/clock.ts";

/**
 * API servers keep an idle connection for 90 s, and must be the first to close it. If Serin closes it while the API server
 * sends a review, a user's update fails.
 */
const IDLE_MS = 100_000;
/** Long enough (ms) that under load the API server uses each connection once more, and then leaves it. */
const DRAIN_MS = 3_000;

/** The settings for every certificate. */
export const tls = { minVersion: "TLSv1.2" } as const;

/** An HTTPS server for clients that keep their connections; it has no certificate yet. */
export function admissionServer(app: RequestListener): Server {
  const server = createServer(tls, app);
  server.keepAliveTimeout = IDLE_MS;
  // Both also apply to a connection that a client opened in reserve.
  server.headersTimeout = IDLE_MS;
  server.requestTimeout = IDLE_MS;
  server.on("request", (_request, response) => {
    // A response that was under way when the drain began has not asked its client to close the connection.
    response.once("close", () => !server.listening && server.closeIdleConnections());
  });
  return server;
}

/**
 * Ends a server without losing a request. It continues to answer for a while and asks each client to close its connection.
 * Then it closes the idle connections and waits for the rest.
 */
export async function drainServer(server: Server, clock: Clock): Promise<void> {
  server.prependListener("request", (_request, response) => void response.setHeader("connection", "close"));
  await clock.sleep(DRAIN_MS);
  const closed = once(server, "close");
  server.close();
  await closed;
}
