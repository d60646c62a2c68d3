/**
 * All application pods in one process: `node pods.ts API-URL CA-FILE TOKEN-FILE`. One listener answers for every pod
 * address and tells the pods apart by the local address of the connection; image.ts says what each one does.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ports } from "./addresses.ts";
import { type Change, connectApi, type KubeObject } from "./api.ts";
import { type AppImage, isSerinImage, parseImage, react } from "./image.ts";
import { sequence } from "./sequence.ts";

interface Pod extends KubeObject {
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
  readonly status?: { readonly podIP?: string };
}

interface App extends AppImage {
  readonly pod: string;
  readonly sockets: Set<Socket>;
  /** The next number in [0, 1) of the pod's own sequence: the same pod fails at the same requests. */
  readonly random: () => number;
}

const UNKNOWN_POD_WAIT_MS = 1_000;
const apps = new Map<string, App>();

function note({ type, object }: Change<Pod>): void {
  const address = object.status?.podIP;
  const image = object.spec.containers[0]?.image ?? "";
  if (address === undefined || isSerinImage(image)) return;
  const app = apps.get(address);
  if (type === "DELETED") {
    apps.delete(address);
    for (const socket of app?.sockets ?? []) socket.resetAndDestroy();
  } else if (app === undefined) {
    apps.set(address, {
      ...parseImage(image),
      pod: object.metadata.name,
      sockets: new Set(),
      random: sequence(object.metadata.name),
    });
  } else {
    Object.assign(app, parseImage(image));
  }
}

/** The app at an address; a pod may serve a moment before the watch tells of it. */
async function appAt(address: string): Promise<App | undefined> {
  for (let waited = 0; waited < UNKNOWN_POD_WAIT_MS && !apps.has(address); waited += 20) await sleep(20);
  return apps.get(address);
}

const server = createServer({ keepAliveTimeout: 300_000 }, async (request, response) => {
  const address = request.socket.localAddress ?? "";
  const app = apps.get(address) ?? (await appAt(address));
  if (app === undefined) return void request.socket.resetAndDestroy();
  if (!app.sockets.has(request.socket)) {
    app.sockets.add(request.socket);
    request.socket.once("close", () => app.sockets.delete(request.socket));
  }
  const { status, latencyMs } = react(app, app.random);
  if (latencyMs > 0) await sleep(latencyMs);
  const headers = { "content-type": "text/plain", "x-version": app.version, "x-pod": app.pod };
  response.writeHead(status, headers).end(`${app.version}\n`);
});

const [url = "", ca = "", token = ""] = process.argv.slice(2);
const api = connectApi({ url, ca: readFileSync(ca, "utf8"), token: readFileSync(token, "utf8") });
void api.follow<Pod>("/api/v1/pods", note, new AbortController().signal);
server.listen(ports.app, "0.0.0.0");
