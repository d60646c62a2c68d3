import { setTimeout as sleep } from "node:timers/promises";
import type { Deployment, Pod } from "../kube/core/workloads.ts";
import type { Change } from "../test/cluster/api.ts";
import type { Cluster } from "../test/cluster/cluster.ts";
import { eventually } from "../test/cluster/wait.ts";
import { type Requests, requestsOf } from "./requests.ts";

/** The cost of one rollout of five pods by 10 %, 25 % and 50 %. */
export interface Measured {
  /** From `set image` until it is promoted and nothing of the rollout is left. */
  readonly tookMs: number;
  /** How long the API server took to answer the update. */
  readonly answerMs: number;
  readonly requests: Requests;
  readonly podsStarted: number;
  readonly peakPods: number;
}

/** The interval of the plan. */
export const INTERVAL_SECONDS = 10;
/** The steps of the plan. */
export const STEPS = "10, 25, 50";
/** The minimum time that the steps take together, in ms. */
export const INTERVALS_MS = STEPS.split(",").length * INTERVAL_SECONDS * 1_000;

const LONGEST_MS = 150_000;
/** Late writes must come within this time. */
const AFTERMATH_MS = 5_000;

/** Rolls out an image of the Deployment `web` in a namespace and measures until its promotion. Throws without one. */
export async function measureRollout(cluster: Cluster, namespace: string, image: string): Promise<Measured> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
  const pods = followPods(cluster, namespace);
  await sleep(1_000);
  const before = new Set(pods.present());
  const startedAt = Date.now();
  const answerMs = await setImage(cluster, path, image);
  await eventually(
    `${image} promoted`,
    async () => {
      const { metadata, status } = await cluster.api.demand<Deployment>("GET", path);
      const canary = status?.conditions?.find(({ type }) => type === "Canary");
      if (canary?.reason === "RolledBack") throw new Error(canary.message);
      return "serin.dev/held" in (metadata.annotations ?? {}) || canary?.reason !== "Promoted"
        ? undefined
        : true;
    },
    LONGEST_MS,
  );
  const tookMs = Date.now() - startedAt;
  await sleep(AFTERMATH_MS);
  pods.stop();
  return {
    tookMs,
    answerMs,
    requests: await requestsOf(cluster.auditLog, startedAt, Date.now()),
    podsStarted: pods.names().filter((name) => !before.has(name)).length,
    peakPods: pods.peak(),
  };
}

/** Sets the image of a Deployment's only container; returns how long the API server took, in ms. */
export async function setImage({ api }: Cluster, path: string, image: string): Promise<number> {
  const from = performance.now();
  await api.demand("PATCH", path, [
    { op: "replace", path: "/spec/template/spec/containers/0/image", value: image },
  ]);
  return performance.now() - from;
}

/** The pods of `web`; those that are being deleted are no longer present. */
function followPods({ api }: Cluster, namespace: string) {
  const stopping = new AbortController();
  const present = new Set<string>();
  const names = new Set<string>();
  let peak = 0;
  const note = ({ type, object: { metadata } }: Change<Pod>) => {
    names.add(metadata.name);
    if (type === "DELETED" || metadata.deletionTimestamp) present.delete(metadata.name);
    else present.add(metadata.name);
    peak = Math.max(peak, present.size);
  };
  void api.follow<Pod>(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dweb`, note, stopping.signal);
  return {
    present: () => [...present],
    names: () => [...names],
    peak: () => peak,
    stop: () => stopping.abort(),
  };
}
