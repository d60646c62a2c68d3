import type { Meta } from "../../kube/core/meta.ts";
import type { BackendRef, Route, RouteRule } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, DeploymentSpec, PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import type { ClusterState } from "../../rollout/admission/change.ts";
import { HASH_LABEL } from "../../rollout/keys.ts";
import { type Plan, parsePlan } from "../../rollout/plan/plan.ts";
import type { Observation, Snapshot } from "../../rollout/stages/snapshot.ts";
import { complete } from "../../rollout/stages/snapshot-of.ts";
import { leanRoute } from "../../rollout/traffic/lean-route.ts";
import type { HoldRecord } from "../../rollout/workload/hold-record.ts";

/** The instant at which the tests begin, in ms since the epoch. */
export const NOON = Date.UTC(2026, 0, 1, 12);
/** The same instant as objects carry it. */
export const AT_NOON = new Date(NOON).toISOString();

type Written<T> = Partial<Omit<T, "metadata" | "spec">>;

/** The reference by which Deployment `web` owns its ReplicaSets. */
export const ownedByWeb = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  name: "web",
  uid: "uid-web",
  controller: true,
} as const;

/** The pod template of a version; versions differ by `image`. */
export function aTemplate(image = "web:1", app = "web"): PodTemplate {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: "main", image }] } };
}

/** An opted-in Deployment at rest, as the API server stores it; `annotations` are added to the opt-in. */
export function aDeployment({
  image = "web:1",
  annotations = {},
  meta = {},
  ...spec
}: {
  image?: string;
  annotations?: Record<string, string>;
  meta?: Partial<Meta>;
} & Partial<DeploymentSpec> = {}): Deployment {
  const name = meta.name ?? "web";
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name,
      namespace: "shop",
      uid: `uid-${name}`,
      generation: 1,
      annotations: {
        "serin.dev/rollout": "canary",
        "deployment.kubernetes.io/revision": "1",
        ...annotations,
      },
      ...meta,
    },
    spec: {
      replicas: 5,
      progressDeadlineSeconds: 600,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
      selector: { matchLabels: { app: name } },
      template: aTemplate(image, name),
      ...spec,
    },
  };
}

/** A ReplicaSet of the Deployment `web` whose pods are all available by default. */
export function aReplicaSet({
  image = "web:1",
  hash = image.replace(/\W/g, ""),
  replicas = 5,
  available = replicas,
  ready = available,
  meta = {},
}: {
  image?: string;
  hash?: string;
  replicas?: number;
  available?: number;
  ready?: number;
  meta?: Partial<Meta>;
} = {}): ReplicaSet {
  const template = aTemplate(image);
  return {
    metadata: {
      name: `web-${hash}`,
      namespace: "shop",
      uid: `uid-${hash}`,
      labels: { app: "web", [HASH_LABEL]: hash },
      ...meta,
    },
    spec: {
      replicas,
      template: { ...template, metadata: { labels: { ...template.metadata?.labels, [HASH_LABEL]: hash } } },
    },
    status: { replicas, readyReplicas: ready, availableReplicas: available },
  };
}

/** A ClusterIP Service in front of `web`. */
export function aService({
  meta = {},
  ...spec
}: { meta?: Partial<Meta> } & Partial<Service["spec"]> = {}): Service {
  return {
    metadata: {
      name: "web",
      namespace: "shop",
      uid: `uid-svc-${meta.name ?? "web"}`,
      resourceVersion: "1",
      ...meta,
    },
    spec: {
      type: "ClusterIP",
      clusterIP: "10.0.0.1",
      selector: { app: "web" },
      ports: [{ port: 80 }],
      ...spec,
    },
  };
}

/** A route with these rules, or with one rule for these backends, that Traefik has accepted. */
export function aRoute({
  backends = [{ name: "web", port: 80 }],
  rules = [{ backendRefs: [...backends] }],
  meta = {},
  ...rest
}: {
  backends?: readonly BackendRef[];
  rules?: RouteRule[];
  meta?: Partial<Meta>;
} & Written<Route> = {}): Route {
  const condition = (type: string) => ({ type, status: "True", observedGeneration: 1 }) as const;
  return {
    metadata: {
      name: "web",
      namespace: "shop",
      uid: "uid-route",
      resourceVersion: "1",
      generation: 1,
      ...meta,
    },
    spec: { rules },
    status: {
      parents: [
        {
          controllerName: "traefik.io/gateway-controller",
          conditions: [condition("Accepted"), condition("ResolvedRefs")],
        },
      ],
    },
    ...rest,
  };
}

/** The plan of these annotations; throws when they are not valid. */
export function aPlan(annotations: Record<string, string> = {}): Plan {
  const parsed = parsePlan({ "serin.dev/rollout": "canary", ...annotations });
  if ("plan" in parsed) return parsed.plan;
  throw new Error(JSON.stringify(parsed.complaints));
}

/** The record of a rollout whose stable version is `web:1`. */
export function aHeld(held: Partial<HoldRecord> = {}): HoldRecord {
  const { progressDeadlineSeconds, strategy } = aDeployment().spec;
  const originals = { progressDeadlineSeconds: progressDeadlineSeconds ?? 0, strategy: strategy ?? {} };
  return { started: AT_NOON, phase: "canary", stable: "web1", originals, ...held };
}

/** The cluster state that admission reads for a Deployment whose version `web:1` runs in full. */
export function readsOf(reads: Partial<ClusterState> = {}): ClusterState {
  return {
    replicaSets: [aReplicaSet()],
    services: [aService()],
    deployments: [],
    routes: [],
    grants: [],
    ...reads,
    known: (reads.routes ?? []).map(leanRoute),
  };
}

/** The fields of a snapshot that a test may set; the others follow from them. */
export type SnapshotParts = Partial<Observation> & Pick<Snapshot, "evidence" | "hooks">;

/** The snapshot of a rollout that has just been admitted. */
export function aSnapshot(snapshot: SnapshotParts = {}): Snapshot {
  const held = snapshot.held ?? aHeld();
  return complete({
    now: NOON,
    deployment: aDeployment({ image: "web:2" }),
    held,
    plan: aPlan(),
    replicaSets: [aReplicaSet()],
    canary: undefined,
    services: [aService()],
    canaryServices: [],
    routes: [aRoute()],
    endpoints: new Map(),
    pods: [],
    stablePods: [],
    ...snapshot,
  });
}
