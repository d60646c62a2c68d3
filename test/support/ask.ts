import { expect } from "chai";
import type { Deployment } from "../../kube/core/workloads.ts";
import { admitUpdate, changesTemplate, mayStartRollout } from "../../rollout/admission/admit.ts";
import type { AdmissionResponse } from "../../rollout/admission/answer.ts";
import { type Asking, needsReplicaSets } from "../../rollout/admission/asking.ts";
import { type ClusterState, onlyVersions } from "../../rollout/admission/change.ts";
import { endsRollout } from "../../rollout/admission/ends-rollout.ts";
import { hold, keepHistory } from "../../rollout/workload/hold.ts";
import {
  type HoldRecord,
  holdRecordOf,
  originalsOf,
  withHoldRecord,
} from "../../rollout/workload/hold-record.ts";
import { formatRun } from "../../rollout/workload/run-record.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aTemplate, readsOf } from "./builders.ts";

/** The time at which the requests arrive. */
export const LATER = "2026-01-01T13:00:00.000Z";
/** The answer to an allowed request. */
export type Yes = AdmissionResponse & { allowed: true };

/** Decides as the webhook does. What it reads for an answer that starts no rollout must suffice for the same answer. */
function ask(
  requested: Deployment,
  old: Deployment,
  reads: ClusterState = readsOf(),
  asking: Asking = {},
): AdmissionResponse {
  const cluster = changesTemplate(requested, old) ? reads : undefined;
  const { replicaSets } = reads;
  const sets = needsReplicaSets(requested, old) ? { replicaSets } : {};
  const answerWith = (cluster: ClusterState | undefined) =>
    admitUpdate(requested, old, cluster, LATER, undefined, { ...sets, ...asking });
  const answer = answerWith(cluster);
  if (cluster !== undefined && !mayStartRollout(requested, old, replicaSets, LATER)) {
    const held = holdRecordOf(old);
    const ends = held !== undefined && endsRollout(requested, held, replicaSets);
    const { routes, grants } = ends ? reads : onlyVersions([]);
    expect(answerWith({ ...onlyVersions(replicaSets), routes, grants })).to.deep.equal(answer);
  }
  return answer;
}

/** The answer as the API server stores it. A second request with that object must get the same answer. */
export function yes(
  requested: Deployment,
  old: Deployment,
  reads: ClusterState = readsOf(),
  asking: Asking = {},
): Yes {
  const answer = ask(requested, old, reads, asking);
  if (!answer.allowed) throw new Error(answer.message);
  const object = JSON.parse(JSON.stringify(answer.object)) as Deployment;
  const again = ask(object, old, reads, asking);
  if (!again.allowed) throw new Error(`reinvoked: ${again.message}`);
  expect(JSON.parse(JSON.stringify(again.object)), "reinvoked").to.deep.equal(object);
  return { ...answer, object };
}

/** The message of a denied request. */
export function no(requested: Deployment, old: Deployment, reads: ClusterState = readsOf()): string {
  const answer = ask(requested, old, reads);
  if (answer.allowed) throw new Error("allowed");
  return answer.message;
}

/** `web:2` in flight next to `web:1`, as the API server stores it. */
export function inFlight({
  held = {},
  image = "web:2",
  surge = "10%",
  ...spec
}: {
  held?: Partial<HoldRecord>;
  image?: string;
  surge?: string | number;
} & Partial<Deployment["spec"]> = {}): Deployment {
  const plain = aDeployment({ image, ...spec });
  const record = aHeld({ originals: originalsOf(aDeployment().spec), ...held });
  const inForce = hold(plain.spec, surge);
  const specs = { canary: inForce, failed: inForce, promoting: plain.spec, undone: keepHistory(plain.spec) };
  return withHoldRecord({ ...plain, spec: specs[record.phase] }, record, plain);
}
/** The ReplicaSet of `web:2`, which is revision 2. */
export const canarySet = (meta = {}) =>
  aReplicaSet({
    image: "web:2",
    replicas: 1,
    available: 0,
    ready: 1,
    meta: { annotations: { "deployment.kubernetes.io/revision": "2" }, ...meta },
  });
/** The cluster state that admission reads while `web:2` is in flight. */
export const both = readsOf({ replicaSets: [aReplicaSet(), canarySet()] });
/** The same while the plan's pause holds it. */
export const atPause = readsOf({
  replicaSets: [
    aReplicaSet(),
    canarySet({
      annotations: {
        "serin.dev/run": formatRun({
          started: AT_NOON,
          outcome: "running",
          step: 1,
          stepSince: AT_NOON,
          stable: "web1",
          message: "",
          paused: true,
        }),
      },
    }),
  ],
});
/** The object with these fields in its spec and, if given, another image. */
export const edit = (object: Deployment, spec: Partial<Deployment["spec"]>, image?: string): Deployment => ({
  ...object,
  spec: { ...object.spec, ...spec, ...(image ? { template: aTemplate(image) } : {}) },
});
/** The object with these annotations added. */
export const annotate = (object: Deployment, annotations: Record<string, string>): Deployment => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } },
});
/** The user's values of the fields that the hold covers. */
export const native = originalsOf(aDeployment().spec);
