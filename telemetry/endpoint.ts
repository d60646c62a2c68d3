import type { RequestListener } from "node:http";
import type { Registry } from "@prometheus-io/client";
import type { Log } from "../kube/core/log.ts";

/** Answers `GET /metrics` in Prometheus' text format. Everything else gets 404. */
export function metricsEndpoint(
  registry: Pick<Registry, "metrics" | "contentType">,
  log: Log,
): RequestListener {
  return ({ method, url }, response) => {
    if (method !== "GET" || url?.split("?")[0] !== "/metrics") {
      response.writeHead(404).end("not found");
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
      (error: unknown) => {
        log.error({ err: error }, "scrape failed");
        response.writeHead(500).end("scrape failed");
      },
    );
  };
}
