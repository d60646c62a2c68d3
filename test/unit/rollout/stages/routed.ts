import type { Write } from "../../../../kube/core/writes.ts";
import { RUN } from "../../../../rollout/keys.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { formatRouteRecord } from "../../../../rollout/traffic/route-record.ts";
import { formatRun, lastRunOf, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import { AT_NOON, aHeld, aReplicaSet, aRoute, aSnapshot, ownedByWeb } from "../../../support/builders.ts";

/** A canary that runs at 10 % since noon. */
export function aRouted({ run = {} }: { run?: Partial<RunRecord> } = {}): Snapshot {
  const begun = {
    started: AT_NOON,
    outcome: "running",
    step: 0,
    stepSince: AT_NOON,
    stable: "web1",
  } as const;
  const canary = aReplicaSet({
    image: "web:2",
    replicas: 1,
    meta: {
      ownerReferences: [ownedByWeb],
      annotations: {
        [RUN]: formatRun({ ...begun, message: "begun", ...run }),
        "deployment.kubernetes.io/revision": "2",
      },
    },
  });
  const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 10, since: AT_NOON };
  const held = formatRouteRecord({ rules: {}, shares: { "uid-web": share } });
  return aSnapshot({
    held: aHeld(),
    canary,
    replicaSets: [aReplicaSet(), canary],
    routes: [aRoute({ kind: "HTTPRoute", meta: { annotations: { "serin.dev/held": held } } })],
  });
}

/** The run record that one of the writes stores. */
export function recordIn(writes: readonly Write[]): RunRecord | undefined {
  const write = writes.find((one) => one.verb === "merge" && one.kind === "replicasets");
  const body = write && "body" in write ? (write.body as { metadata: object }) : undefined;
  return body && lastRunOf(aReplicaSet({ meta: body.metadata }));
}
