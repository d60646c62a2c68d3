import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { RolloutChanges } from "../../../dashboard/api.ts";
import type { PageScene } from "./scene.ts";

const assets = join(import.meta.dirname, "../../../dashboard/assets");
/** As the API server's proxy of a Service has it: so no address of the page may begin at the root. */
const PREFIX = "/api/v1/namespaces/serin-system/services/serin-dashboard/proxy/";
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};
/** The policy of the dashboard's server. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'";

/** A server for the page, with answers of a scene. */
export interface PageServer {
  readonly url: string;
  /** Sends an event to every stream, and to each new one first all that is in flight. */
  push(changes: Omit<RolloutChanges, "at">): void;
  /** Ends the streams and refuses requests of the API until `mend`. */
  cut(): void;
  mend(): void;
  close(): void;
}

/** Serves dashboard/assets and the scene at a free port of this machine. */
export async function servePage(scene: PageScene): Promise<PageServer> {
  const streams = new Set<ServerResponse>();
  let isCut = false;
  const tell = (stream: ServerResponse, changes: Omit<RolloutChanges, "at">) =>
    stream.write(`event: rollouts\ndata: ${JSON.stringify({ at: scene.list.at, ...changes })}\n\n`);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const path = pathname.startsWith(PREFIX) ? pathname.slice(PREFIX.length) : undefined;
    response.setHeader("content-security-policy", POLICY);
    response.setHeader("x-content-type-options", "nosniff");
    if (path === undefined) send(response, [404, { error: `${pathname} is outside of the proxy` }]);
    else if (!path.startsWith("api/")) sendAsset(path || "index.html", response);
    else if (isCut) response.destroy();
    else if (path !== "api/stream") send(response, answerOf(scene, path, searchParams));
    else {
      stream(request, response, streams);
      const { rollouts: changed, cluster = "" } = scene.list;
      tell(response, { all: true, cluster, changed, gone: [] });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PREFIX}`,
    push: (changes) => {
      for (const one of streams) tell(one, changes);
    },
    cut: () => {
      isCut = true;
      for (const one of streams) one.destroy();
    },
    mend: () => {
      isCut = false;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answerOf(scene: PageScene, path: string, query: URLSearchParams): Answer {
  const [, what, namespace = "", name = "", charts] = path.split("/").map(decodeURIComponent);
  if (what === "ended") return [200, scene.ended];
  if (what !== "rollouts") return [404, { error: "not found" }];
  if (namespace === "") return [200, query.get("all") === "true" ? scene.all : scene.list];
  if (charts === "charts") return [200, scene.charts(namespace, name, query.get("revision") ?? "")];
  const detail = scene.detail(namespace, name);
  if (detail === undefined)
    return [404, { error: `deployment ${namespace}/${name} is not there, or not opted in` }];
  return [200, detail];
}

type Answer = readonly [status: number, body: unknown];

function stream(request: IncomingMessage, response: ServerResponse, streams: Set<ServerResponse>): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  streams.add(response);
  request.on("close", () => streams.delete(response));
}

function sendAsset(name: string, response: ServerResponse): void {
  const type = types[extname(name)];
  if (type === undefined || name.includes("/")) send(response, [404, { error: `no file ${name}` }]);
  else response.writeHead(200, { "content-type": type }).end(readFileSync(join(assets, name)));
}

function send(response: ServerResponse, [status, body]: Answer): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
