/**
 * All application pods in one process: `node pods.ts API-URL CA-FILE TOKEN-FILE`. A listener answers at every pod
 * address and identifies the pod by the local address of the connection; a second one speaks gRPC. The image decides
 * how a pod behaves (image.ts). A third listener, on 127.0.0.1, reports the requests that the pods received.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ports } from "./addresses.ts";
import { type Change, connectApi, type KubeObject } from "./api.ts";
import { type CallServer, createCallServer } from "./calls.ts";
import { type AppImage, isProcess, react } from "./image.ts";
import { type AppContainer, behaviourOf } from "./podinfo.ts";
import { Receipts } from "./received.ts";
import { sequence } from "./sequence.ts";

interface Pod extends KubeObject {
  readonly spec: { readonly containers: readonly AppContainer[] };
  readonly status?: { readonly podIP?: string };
}

interface App extends AppImage {
  readonly pod: string;
  readonly namespace: string;
  readonly sockets: Set<Socket>;
  /** The next number in [0, 1) of the pod's own sequence: the same pod fails at the same requests. */
  readonly random: () => number;
  /** Exists from the first gRPC connection on. */
  calls?: CallServer;
}

const STREAM = "/stream";
/** A pod may serve before the watch reports it: on a busy machine, by more than a second. */
const UNKNOWN_POD_WAIT_MS = 10_000;
const CALLS_GRACE_MS = 1_000;
const apps = new Map<string, App>();
/** The addresses of pods that ended; no other pod gets one of them. */
const ended = new Set<string>();
const receipts = new Receipts();

function note({ type, object }: Change<Pod>): void {
  const address = object.status?.podIP;
  const container = object.spec.containers[0] ?? { image: "" };
  if (address === undefined || isProcess(container.image)) return;
  const app = apps.get(address);
  if (type === "DELETED") {
    apps.delete(address);
    ended.add(address);
    for (const socket of app?.sockets ?? []) socket.resetAndDestroy();
    app?.calls?.end(CALLS_GRACE_MS);
  } else if (app === undefined) {
    const { name, namespace = "" } = object.metadata;
    apps.set(address, {
      ...behaviourOf(container),
      ...{ pod: name, namespace, sockets: new Set(), random: sequence(name) },
    });
  } else {
    Object.assign(app, behaviourOf(container));
  }
}

/** The app at the local address of a connection. Waits for unknown ones. */
async function appOf({ localAddress = "" }: Socket): Promise<App | undefined> {
  const isUnknown = () => !apps.has(localAddress) && !ended.has(localAddress);
  for (let waited = 0; waited < UNKNOWN_POD_WAIT_MS && isUnknown(); waited += 20) await sleep(20);
  return apps.get(localAddress);
}

function receive(app: App, kind: "requests" | "calls", host: string) {
  receipts.add(app, kind, host);
  return react(app, app.random);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const app = apps.get(request.socket.localAddress ?? "") ?? (await appOf(request.socket));
  const { port = ports.app } = app ?? {};
  if (app === undefined || request.socket.localPort !== port) return void request.socket.resetAndDestroy();
  if (!app.sockets.has(request.socket)) {
    app.sockets.add(request.socket);
    request.socket.once("close", () => app.sockets.delete(request.socket));
  }
  const { hangs, status, latencyMs } = receive(app, "requests", request.headers.host ?? "");
  if (hangs) return;
  if (latencyMs > 0) await sleep(latencyMs);
  const cookie = request.headers["x-set-cookie"];
  const headers = {
    ...{ "content-type": "text/plain", "x-version": app.version, "x-pod": app.pod },
    // A cookie of the application's own, if the request asks for one.
    ...(cookie !== undefined && { "set-cookie": cookie }),
  };
  response.writeHead(status, headers);
  // A stream lasts until its client ends it.
  if (request.url === STREAM) response.write(`${app.version}\n`);
  else response.end(`${app.version}\n`);
}

const callServer = createTcpServer({ noDelay: true }, async (socket) => {
  // The client may disconnect before the pod is known.
  socket.on("error", () => socket.destroy());
  const app = await appOf(socket);
  if (app === undefined) return void socket.resetAndDestroy();
  app.calls ??= createCallServer({ identity: () => app, onCall: (host) => receive(app, "calls", host) });
  app.calls.accept(socket);
});

const control = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? "/", "http://control");
  const of = {
    namespace: searchParams.get("namespace") ?? "",
    version: searchParams.get("version") ?? "",
  };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(receipts.of(of)));
});

const [url = "", ca = "", token = ""] = process.argv.slice(2);
const api = connectApi({ url, ca: readFileSync(ca, "utf8"), token: readFileSync(token, "utf8") });
void api.follow<Pod>("/api/v1/pods", note, new AbortController().signal);
for (const port of [ports.app, ports.otherApp, ports.podinfo])
  createServer({ keepAliveTimeout: 300_000 }, answer).listen(port, "0.0.0.0");
callServer.listen(ports.grpc, "0.0.0.0");
control.listen(ports.podsControl, "127.0.0.1");
