import type { Service } from "../../../kube/core/services.ts";
import type { Pod } from "../../../kube/core/workloads.ts";
import { HELD, RUN } from "../../../rollout/keys.ts";
import type { RawSnapshot } from "../../../rollout/stages/snapshot-of.ts";
import { instant } from "../../../rollout/text/instant.ts";
import { formatRouteRecord } from "../../../rollout/traffic/route-record.ts";
import { formatServiceRecord } from "../../../rollout/traffic/service-record.ts";
import type { RolloutView } from "../../../rollout/view/view.ts";
import { viewOf } from "../../../rollout/view/view-of.ts";
import { formatHoldRecord, type HoldRecord } from "../../../rollout/workload/hold-record.ts";
import { formatRun, type RunRecord } from "../../../rollout/workload/run-record.ts";
import { canaryCondition } from "../../../rollout/workload/writes.ts";
import {
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  aTemplate,
  NOON,
  ownedByWeb,
} from "../builders.ts";

const REVISION = "deployment.kubernetes.io/revision";
const SECOND = 1_000;

/** What a rollout for the page is like; the defaults are those of one that goes well. */
export interface FlightParts {
  readonly namespace?: string;
  readonly name?: string;
  readonly state?: RolloutView["state"];
  /** How long (s) it runs already. */
  readonly age?: number;
  readonly weight?: number;
  /** ln of the odds for harm and for safety. */
  readonly harm?: number;
  readonly safe?: number;
  readonly says?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Images, names of users, messages: what tenants may write. */
  readonly image?: string;
  readonly user?: string;
}

/** The objects of a rollout as the API server has them, at noon. */
export function aFlight(parts: FlightParts = {}): RawSnapshot {
  const { namespace = "shop", name = "web", state = "progressing", age = 80, annotations = {} } = parts;
  const { image = `${namespace}/${name}:2`, weight = 25, user = "jane@example.com" } = parts;
  const uid = `uid-${namespace}-${name}`;
  const started = instant(NOON - age * SECOND);
  const inForce = instant(NOON - Math.min(16, age) * SECOND);
  const [stable, canary] = versionsOf({ namespace, name, uid, image });
  const held = heldOf(state, started, { verb: "update", user, at: started });
  const run = state === "preparing" ? undefined : runOf(parts, state, started, inForce);
  const reason = { holding: "Holding", waiting: "Holding", "rolled-back": "RolledBack" }[state as "holding"];
  const message = run?.message ?? "waiting for the canary's pods: 0 of 2 ready";
  const condition = canaryCondition({ status: "Unknown", reason: reason ?? "Progressing", message }, inForce);
  const share = { namespace, canaryServices: { [name]: `${name}-canary` }, weight, since: inForce };
  const isShared = !["preparing", "rolled-back", "undone"].includes(state);
  return {
    now: NOON,
    deployment: {
      ...aDeployment({
        annotations: {
          [REVISION]: "8",
          "serin.dev/steps": "10, 25, 50",
          ...annotations,
          ...(state !== "rest" && { [HELD]: formatHoldRecord(held) }),
        },
        meta: { namespace, name, uid },
        template: aTemplate(state === "rest" ? stableImage(namespace, name) : image),
        ...(state === "waiting" && { paused: true }),
      }),
      status: { conditions: state === "preparing" || state === "rest" ? [] : [condition] },
    },
    replicaSets: [
      stable,
      {
        ...canary,
        metadata: {
          ...canary.metadata,
          annotations: { ...canary.metadata.annotations, ...(run && { [RUN]: formatRun(run) }) },
        },
      },
    ],
    services: [servedBy(state, aService({ meta: { namespace, name } }))],
    marked: [],
    routes: [
      aRoute({
        kind: "HTTPRoute",
        backends: [{ name, port: 80 }],
        meta: {
          namespace,
          name,
          ...(isShared &&
            state !== "rest" && {
              annotations: { [HELD]: formatRouteRecord({ rules: {}, shares: { [uid]: share } }) },
            }),
        },
      }),
    ],
    grants: [],
    endpointSlices: [],
    pods: [...podsOf(stable.metadata, 5, namespace), ...podsOf(canary.metadata, 2, namespace)],
  };
}

/** The Service in flight: Serin has isolated it. */
function servedBy(state: RolloutView["state"], service: Service): Service {
  if (state === "preparing" || state === "rest") return service;
  const record = { selector: service.spec.selector ?? {}, since: instant(NOON) };
  const annotations = { [HELD]: formatServiceRecord(record) };
  return { ...service, metadata: { ...service.metadata, annotations } };
}

/** The view of such a rollout, as the server sends it in lists: without pods. */
export function aListedView(parts?: FlightParts): RolloutView {
  return { ...viewOf(aFlight(parts)), pods: [] };
}

function stableImage(namespace: string, name: string): string {
  return `${namespace}/${name}:1`;
}

function versionsOf({ namespace, name, uid, image }: Record<"namespace" | "name" | "uid" | "image", string>) {
  const ownerReferences = [{ ...ownedByWeb, name, uid }];
  const version = (revision: string, of: string, hash: string, replicas: number) =>
    aReplicaSet({
      image: of,
      hash,
      replicas,
      meta: {
        ...{ namespace, name: `${name}-${hash}`, uid: `${uid}-${hash}`, ownerReferences },
        annotations: { [REVISION]: revision },
      },
    });
  return [
    version("7", stableImage(namespace, name), "5c9df7c8b4", 5),
    version("8", image, "6d4cf56db6", 2),
  ] as const;
}

function heldOf(state: RolloutView["state"], started: string, request: object): HoldRecord {
  const phase = { promoting: "promoting", "rolled-back": "failed", undone: "undone" }[state as "undone"];
  return aHeld({
    started,
    stable: "5c9df7c8b4",
    phase: (phase ?? "canary") as HoldRecord["phase"],
    requests: [request] as NonNullable<HoldRecord["requests"]>,
  });
}

function runOf(
  { weight = 25, harm = -0.7, safe = 1.9, says, age = 80, user = "jane@example.com" }: FlightParts,
  state: RolloutView["state"],
  started: string,
  inForce: string,
): RunRecord {
  const isOver = state === "rolled-back" || state === "rest";
  return {
    started,
    stepSince: inForce,
    step: 1,
    stable: "5c9df7c8b4",
    outcome:
      state === "rolled-back"
        ? "failed"
        : state === "promoting"
          ? "proven"
          : state === "rest"
            ? "promoted"
            : "running",
    course: [
      { step: 0, weight: 10, at: started },
      { step: 1, weight, at: inForce },
    ],
    progress: {
      at: NOON - 2 * SECOND,
      harm: { log: harm, limit: Math.log(100) },
      safe: { log: safe, limit: Math.log(20) },
      ...(isOver ? {} : { etaMs: 7_400 }),
      requests: { canary: 1_880, stable: 13_320 },
      failed: { canary: isOver ? 188 : 12, stable: 53 },
      slow: [0.1, 0.25, 0.5].map((bound, i) => ({ bound, canary: 60 - 20 * i, stable: 400 - 120 * i })),
    },
    requests: [{ verb: "update", user, at: started }],
    message: says ?? sentences[state](weight),
    ...(isOver && { ended: instant(NOON - Math.min(5, age) * SECOND) }),
  };
}

const sentences: Readonly<Record<RolloutView["state"], (weight: number) => string>> = {
  rest: () => "promoted: verified at every step",
  preparing: () => "",
  progressing: (weight) =>
    `canary has ${weight} % of the traffic, step 2 of 3: safe 6.8:1 of 20:1, harm 0.5:1 of 100:1`,
  holding: (weight) => `holding at ${weight} %: Prometheus has no requests of the canary for 2m`,
  waiting: (weight) => `paused by the plan at ${weight} %`,
  promoting: () => "verified; native control replaces the remaining pods",
  "rolled-back": (weight) =>
    `rolled back at ${weight} %: 10.00 % of the canary's requests failed, 0.40 % of stable's; 354:1 of 100:1`,
  undone: () => "undone",
};

function podsOf(
  { name, uid }: { readonly name: string; readonly uid?: string },
  count: number,
  namespace: string,
): Pod[] {
  return Array.from({ length: count }, (_, i) => ({
    metadata: {
      ...{ namespace, name: `${name}-${"bcdfg"[i]}k9q${i}`, creationTimestamp: instant(NOON - 75 * SECOND) },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "ReplicaSet", name, uid: uid ?? "", controller: true },
      ],
    },
    spec: { nodeName: `node-${i % 3}` },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  }));
}
