import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { Api, Change } from "../../test/cluster/api.ts";
import { appManifests } from "../../test/cluster/app.ts";
import { patchPatiently } from "../../test/cluster/patch-patiently.ts";
import { eventually } from "../../test/cluster/wait.ts";
import type { App } from "../queries/apps.ts";

const WRITERS = 16;
/** Of an update that is refused otherwise than by being sent away. */
const MOST_TRIES = 11;
const READY_MS = 1_800_000;
const NEW_VERSION = [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "app:v2" }];
const COLLECTIONS = {
  Deployment: ["/apis/apps/v1", "deployments"],
  Service: ["/api/v1", "services"],
  HTTPRoute: ["/apis/gateway.networking.k8s.io/v1", "httproutes"],
} as const;

const PLAN = { "serin.dev/rollout": "canary", "serin.dev/steps": "10, 25, 50" };

/**
 * Creates these apps, opted in with this interval, each with one pod, a Service and a route, and waits until all pods are
 * available.
 */
export async function addApps(api: Api, apps: readonly App[], interval: string): Promise<void> {
  const annotations = { ...PLAN, "serin.dev/interval": interval };
  const limit = pLimit(WRITERS);
  const post = (path: string, body: object) => limit(() => api.demand("POST", path, body));
  const namespaces = [...new Set(apps.map(({ namespace }) => namespace))];
  await Promise.all(namespaces.map((name) => post("/api/v1/namespaces", { metadata: { name } })));
  await Promise.all(
    apps.flatMap(({ namespace, name }) => {
      const { items } = JSON.parse(appManifests({ name, namespace, replicas: 1, annotations }));
      return items.map((item: { kind: keyof typeof COLLECTIONS }) => {
        const [group, plural] = COLLECTIONS[item.kind];
        return post(`${group}/namespaces/${namespace}/${plural}`, item);
      });
    }),
  );
  await untilAvailable(api, apps.length);
}

/** Watches, because a list of 10,000 Deployments each second would take what the control plane needs to start them. */
async function untilAvailable(api: Api, count: number): Promise<void> {
  const available = new Set<string>();
  const stop = new AbortController();
  const note = ({ object: { metadata, status } }: Change<Deployment>) => {
    if (status?.availableReplicas === 1) available.add(`${metadata.namespace}/${metadata.name}`);
  };
  void api.follow<Deployment>("/apis/apps/v1/deployments", note, stop.signal);
  const all = async () => (available.size >= count ? true : undefined);
  await eventually(`${count} Deployments available`, all, READY_MS).finally(() => stop.abort());
}

/** The answers to the updates. */
export interface Answers {
  /** How long each update took until the API server had stored it, with its repetitions, in ms. */
  readonly ms: readonly number[];
  /** How often the API server sent an update away for some seconds (429), because Serin had too much other work. */
  readonly sentAway: number;
  /** How often it refused an update otherwise, as when the webhook did not answer in time. */
  readonly refused: number;
}

/** Gives each app a new version, so many a second. Repeats an update as kubectl does if it is sent away, and if it is refused. */
export async function updateApps(api: Api, apps: readonly App[], perSecond: number): Promise<Answers> {
  const began = performance.now();
  const ms: number[] = [];
  const count = { sentAway: 0, refused: 0 };
  const update = async ({ namespace, name }: App, i: number) => {
    await sleep(Math.max(0, began + (i * 1_000) / perSecond - performance.now()));
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    const from = performance.now();
    for (let tries = 1; ; tries += 1) {
      const { status, body, sentAway } = await patchPatiently(api, path, NEW_VERSION);
      count.sentAway += sentAway;
      if (status < 300) return void ms.push(performance.now() - from);
      count.refused += 1;
      if (tries === MOST_TRIES) throw new Error(`${name}: ${status} ${body.message}`);
    }
  };
  await Promise.all(apps.map(update));
  return { ms, ...count };
}
