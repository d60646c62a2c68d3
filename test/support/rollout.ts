import type { Route } from "../../kube/core/routes.ts";
import { FLIGHT, RUN } from "../../rollout/keys.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { instant } from "../../rollout/text/instant.ts";
import { routePatch } from "../../rollout/traffic/overlay.ts";
import { formatRun, type RunRecord } from "../../rollout/workload/run-record.ts";
import {
  AT_NOON,
  aDeployment,
  aPlan,
  aReplicaSet,
  aRoute,
  aService,
  aSnapshot,
  NOON,
  type SnapshotParts,
} from "./builders.ts";

const UID = "uid-web";

/** The route with this weight in force since an instant (ms), as the API server has stored it. */
export function carrying(
  route: Route,
  weight: number,
  since: number,
  canaryServices = { web: "web-canary" },
): Route {
  const share = { namespace: "shop", canaryServices, weight, since: instant(since) };
  const { metadata, spec } = routePatch(route, { [UID]: share });
  const annotations = metadata.annotations as Record<string, string>;
  return {
    ...route,
    metadata: { ...route.metadata, annotations },
    spec: { ...route.spec, rules: [...spec.rules] },
  };
}

/** A rollout of `web:2` whose first step, 10 %, is in force since noon by default. */
export function aRollout({
  annotations = {},
  run = {},
  weight = 10,
  since = NOON,
  ...snapshot
}: {
  annotations?: Record<string, string>;
  run?: Partial<RunRecord>;
  weight?: number;
  since?: number;
} & SnapshotParts = {}): Snapshot {
  const record: RunRecord = {
    started: AT_NOON,
    outcome: "running",
    step: 0,
    stepSince: AT_NOON,
    stable: "web1",
    message: "",
    ...run,
  };
  const marked = {
    annotations: { [RUN]: formatRun(record) },
    labels: { [FLIGHT]: UID, "pod-template-hash": "web2" },
  };
  const canary = aReplicaSet({ image: "web:2", replicas: 1, meta: marked });
  return aSnapshot({
    deployment: aDeployment({ image: "web:2", annotations }),
    plan: aPlan(annotations),
    replicaSets: [aReplicaSet({ meta: { labels: { [FLIGHT]: UID, "pod-template-hash": "web1" } } }), canary],
    canary,
    services: [aService()],
    routes: [carrying(aRoute(), weight, since)],
    endpoints: new Map([["web-canary", 1]]),
    ...snapshot,
  });
}
