import type { Route } from "../../../kube/core/routes.ts";
import type { Service } from "../../../kube/core/services.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import { HELD } from "../../../rollout/keys.ts";
import { holdRecordOf, type Phase } from "../../../rollout/workload/hold-record.ts";
import type { World } from "../../model/world.ts";
import { aTemplate } from "../../support/builders.ts";
import { aReview } from "../../support/review.ts";
import { annotate, aShop, edit, image } from "../../support/shop.ts";

/** A review as an API server would send it, and its path. */
export interface Sample {
  readonly path: string;
  readonly review: ReturnType<typeof aReview>;
}

/** A user's change: maps the stored object, and its state at rest, to the requested object. */
type Wish<T> = (stored: T, rest: T) => T;

/** A shop at one point of a rollout. */
export interface State {
  readonly world: World;
  readonly samples: readonly Sample[];
}

const PLAN = { "serin.dev/match": "header x-t=1", "serin.dev/sticky": "1h" };
const without = <T extends { metadata: { annotations?: Record<string, string> } }>(
  object: T,
  key: string,
) => {
  const { [key]: _gone, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
};

const deploymentWishes: readonly Wish<Deployment>[] = [
  (stored) => stored,
  (_stored, rest) => rest,
  image("web:1"),
  image("web:2"),
  image("web:9"),
  (_stored, rest) => image("web:9")(rest),
  edit({ replicas: 3 }),
  edit({ paused: true }),
  edit({ minReadySeconds: 7 }),
  edit({ revisionHistoryLimit: 1 }),
  edit({ strategy: { type: "Recreate" } }),
  (stored) => edit({ strategy: { type: "Recreate" } })(image("web:9")(stored)),
  annotate("serin.dev/steps", "30, 60"),
  annotate("serin.dev/promote", "2"),
  annotate("serin.dev/abort", "2"),
  annotate("serin.dev/retry", "2"),
  annotate("note", "x"),
  (stored) => without(stored, HELD),
  (stored) => without(stored, "serin.dev/rollout"),
  // An undo to a revision from before the opt-in.
  (stored) => ({
    ...edit({ template: aTemplate("web:1") })(stored),
    metadata: { ...stored.metadata, annotations: { "deployment.kubernetes.io/revision": "1" } },
  }),
];

const serviceWishes: readonly Wish<Service>[] = [
  (stored) => stored,
  (_stored, rest) => rest,
  (stored) => without(stored, HELD),
  (stored) => ({ ...stored, spec: { ...stored.spec, selector: { app: "web", tier: "front" } } }),
];

const routeWishes: readonly Wish<Route>[] = [
  (stored) => stored,
  (_stored, rest) => rest,
  (stored) => without(stored, HELD),
  (stored) => ({ ...stored, spec: { ...stored.spec, rules: stored.spec.rules?.slice(1) ?? [] } }),
  (stored, rest) => ({
    ...stored,
    spec: { ...stored.spec, rules: [...(stored.spec.rules ?? []), ...(rest.spec.rules ?? [])] },
  }),
];

/** Shops at every point of a rollout, with the requests that users may make there. Callers must not change them. */
export function corpus(): readonly State[] {
  const rest = aShop({ annotations: PLAN, grpc: true });
  const until = (version: string, phase: Phase, weight?: number) => {
    const world = aShop({ annotations: PLAN, grpc: true });
    world.request("web", image(version));
    if (weight !== undefined) world.runTo(weight);
    const now = () => holdRecordOf(world.get("deployments", "web"))?.phase;
    for (let i = 0; i < 300 && now() !== phase; i += 1) world.run(1);
    if (now() !== phase) throw new Error(`${version} never reaches phase ${phase}`);
    return world;
  };
  const superseding = until("web:2", "canary", 25);
  superseding.request("web", image("web:3"));
  const undone = until("web:2", "canary", 25);
  undone.request("web", image("web:1"));
  const worlds = [
    rest,
    until("web:2", "canary"),
    until("web:2", "canary", 25),
    superseding,
    undone,
    until("web:bad", "failed"),
    until("web:2", "promoting"),
  ];
  return worlds.map((world) => ({ world, samples: [...samplesOf(world, rest), ...configs] }));
}

function samplesOf(world: World, rest: World): Sample[] {
  const all = <T extends { kind?: string }>(
    path: string,
    kind: string,
    stored: T,
    was: T,
    wishes: readonly Wish<T>[],
  ) => wishes.map((wish) => sample(path, kind, { ...wish(stored, was), kind }, { ...stored, kind }));
  const deployment = world.get("deployments", "web");
  const routes = (["httproutes", "grpcroutes"] as const).flatMap((plural) => {
    const kind = plural === "httproutes" ? "HTTPRoute" : "GRPCRoute";
    return all("routes", kind, world.get(plural, "web"), rest.get(plural, "web"), routeWishes);
  });
  return [
    sample("deployments", "Deployment", { ...deployment, kind: "Deployment" }, null),
    ...all("deployments", "Deployment", deployment, rest.get("deployments", "web"), deploymentWishes),
    ...all("services", "Service", world.get("services", "web"), rest.get("services", "web"), serviceWishes),
    ...routes,
  ];
}

const configs = ["ConfigMap", "Secret"].map((kind) => {
  const labels = { "serin.dev/track": "true" };
  const config = (data: object) => ({ kind, metadata: { name: "web", namespace: "shop", labels }, data });
  return sample("config", kind, config({ a: "1" }), config({ a: "2" }));
});

function sample(path: string, kind: string, object: object, oldObject: object | null): Sample {
  const operation = oldObject === null ? "CREATE" : "UPDATE";
  const review = aReview({ kind: { group: "", version: "v1", kind }, operation, object, oldObject });
  return { path, review: JSON.parse(JSON.stringify(review)) };
}
