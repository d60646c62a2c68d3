import { setTimeout as sleep } from "node:timers/promises";
import type { WebhookConfiguration } from "../certs/configuration.ts";
import type { Pod } from "../kube/core/workloads.ts";
import type { Cluster } from "../test/cluster/cluster.ts";
import { startLoad } from "../test/cluster/load.ts";
import { type Compared, compareAdmission } from "./admission.ts";
import { type Part, type Pods, podsOf, type Usage, usageOf, watchMemory } from "./processes.ts";
import { record } from "./recorder.ts";
import { type Requests, requestsOf } from "./requests.ts";
import { type Measured, measureRollout, setImage } from "./rollout.ts";
import { addAtRest, HOST, NAMESPACE, pathOf, RPS, setScene } from "./scene.ts";

/** The findings of one run of the bench. */
export interface BenchFindings {
  /** By what the update does. */
  readonly admission: Readonly<Record<"annotation" | "start", Compared>>;
  readonly rollouts: readonly Measured[];
  /** How long the API server took for `set image` of a Deployment that is not opted in, in ms. */
  readonly plainAnswersMs: readonly number[];
  /** A minute with so many Deployments opted in, all at rest. */
  readonly atRest: readonly { readonly deployments: number; readonly requests: Requests }[];
  /** Serin's requests a minute for its Lease and its watches, over the whole run. */
  readonly overhead: Readonly<Record<"lease" | "watch", number>>;
  /** Resident, of the leading pod: at rest, at most during the rollouts, and of the webhook after all reviews. */
  readonly memory: {
    readonly restMiB: Record<Part, number>;
    readonly rolloutsMiB: Record<Part, number>;
    readonly reviewsMiB: number;
  };
  /** CPU time of the leading pod's processes, in seconds. */
  readonly cpu: { readonly restMinute: Record<Part, number>; readonly rollout: Record<Part, number> };
}

const MINUTE_MS = 60_000;
/** Three scrapes of the cluster's Prometheus at its usual interval. */
const SCRAPED_MS = 6_000;
const IMAGES = ["app:v2", "app:v3", "app:v4"];
const MANY = 20;
const CALLS = { annotation: 3_000, start: 500 };

/** Measures everything on a cluster with Serin installed, in about five minutes. Throws if a rollout fails. */
export async function measure(cluster: Cluster, log: (text: string) => void): Promise<BenchFindings> {
  await setScene(cluster);
  const from = Date.now();
  const pods = await podsOf(cluster);
  log("a minute at rest with 1 Deployment opted in");
  const began = usageOf(cluster, pods);
  const one = await minuteAtRest(cluster, 1);
  const rest = usageOf(cluster, pods);
  const flown = await measureRollouts(cluster, pods, log);
  const after = usageOf(cluster, pods);
  log("admission");
  const admission = await measureAdmission(cluster, pods.webhook);
  const afterReviews = usageOf(cluster, pods);
  log(`a minute at rest with ${MANY} Deployments opted in`);
  await addAtRest(cluster, MANY - 1);
  const many = await minuteAtRest(cluster, MANY);
  const to = Date.now();
  const { lease, watch } = (await requestsOf(cluster.auditLog, from, to)).count;
  const minutes = (to - from) / MINUTE_MS;
  return {
    admission,
    overhead: { lease: lease / minutes, watch: watch / minutes },
    rollouts: flown.rollouts,
    plainAnswersMs: flown.plainAnswersMs,
    atRest: [one, many],
    memory: {
      restMiB: { webhook: rest.webhook.rssMiB, controller: rest.controller.rssMiB },
      rolloutsMiB: flown.mostMiB,
      reviewsMiB: afterReviews.webhook.rssMiB,
    },
    cpu: { restMinute: cpuBetween(began, rest), rollout: cpuBetween(rest, after, IMAGES.length) },
  };
}

/** Measures one rollout on a cluster with Serin installed, in about a minute. Throws if the rollout fails. */
export async function measureRequests(cluster: Cluster, log: (text: string) => void): Promise<Measured> {
  await setScene(cluster);
  const load = await serveUsers(cluster);
  log("one rollout");
  const rollout = await measureRollout(cluster, NAMESPACE, "app:v2");
  await load.stop();
  return rollout;
}

/** Starts the load, and returns when Prometheus has scraped it: a rollout before that would wait for the metrics. */
async function serveUsers(cluster: Cluster) {
  const load = startLoad({ url: cluster.gatewayUrl, host: HOST, rps: RPS });
  await sleep(SCRAPED_MS);
  return load;
}

async function measureRollouts(cluster: Cluster, pods: Pods, log: (text: string) => void) {
  const load = await serveUsers(cluster);
  const stopWatching = watchMemory(cluster, pods);
  const rollouts: Measured[] = [];
  const plainAnswersMs: number[] = [];
  for (const image of IMAGES) {
    log(`rollout of ${image}`);
    rollouts.push(await measureRollout(cluster, NAMESPACE, image));
    plainAnswersMs.push(await setImage(cluster, pathOf("plain"), image));
    await cluster.kubectl(["rollout", "status", "deployment/plain"], { namespace: NAMESPACE });
  }
  const { failed } = await load.stop();
  if (failed > 0) throw new Error(`${failed} requests failed during the rollouts`);
  return { rollouts, plainAnswersMs, mostMiB: stopWatching() };
}

async function measureAdmission(cluster: Cluster, pod: string): Promise<BenchFindings["admission"]> {
  const { api } = cluster;
  const web = `${pathOf("web")}?dryRun=All`;
  const send = (body: object) =>
    record({ api, now: Date.now() }, NAMESPACE, () => api.demand("PATCH", web, body));
  const annotation = await send({ metadata: { annotations: { team: "shop" } } });
  const image = { op: "replace", path: "/spec/template/spec/containers/0/image", value: "app:v2" };
  const start = await send([image]);
  const path = `/api/v1/namespaces/serin-system/pods/${pod}`;
  const { status } = await api.demand<Pod & { status: { podIP: string } }>("GET", path);
  const configuration = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/serin";
  const { webhooks = [] } = await api.demand<WebhookConfiguration>("GET", configuration);
  const service = { address: status.podIP, path: webhooks[0]?.clientConfig.service?.path ?? "" };
  return compareAdmission({ dir: cluster.dir, now: Date.now() }, service, {
    annotation: { body: annotation, calls: CALLS.annotation },
    start: { body: start, calls: CALLS.start },
  });
}

async function minuteAtRest({ auditLog }: Cluster, deployments: number) {
  const from = Date.now();
  await sleep(MINUTE_MS);
  return { deployments, requests: await requestsOf(auditLog, from, from + MINUTE_MS) };
}

function cpuBetween(from: Usage, to: Usage, share = 1): Record<Part, number> {
  const of = (part: Part) => (to[part].cpuSeconds - from[part].cpuSeconds) / share;
  return { webhook: of("webhook"), controller: of("controller") };
}
