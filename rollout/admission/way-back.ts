import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { revisionInFlight } from "../workload/revision.ts";
import { presentOf } from "../workload/template.ts";
import { kubectlUndo } from "../workload/undo-command.ts";
import type { TemplateChange } from "./change.ts";

/**
 * The commands that go back to the stable version from the rollout in flight. Where the Deployment is paused, to resume it for
 * an undo would give a canary its next weight, so an order ends that canary first. `object` has only the user's own pause; one
 * of Serin's ends a moment after the order, and kubectl undoes nothing before.
 */
export function wayBack({ object, old, held, current, stable }: TemplateChange): string {
  const undo = kubectlUndo({ deployment: old, canary: current, stable }, object.spec.paused === true);
  if (held?.phase !== "canary" || !old.spec.paused) return undo;
  const revision = revisionInFlight(old, current);
  const next = object.spec.paused ? " && " : ", then ";
  return `kubectl annotate deployment/${old.metadata.name} serin.dev/abort=${revision}${next}${undo}`;
}

/**
 * What to do where an undo cannot be answered because the routes cannot be read: the answer to an order needs none of them, and
 * the controller knows them by its watch. Absent: the canary has lost its traffic already, or the order is given.
 */
export function rollBackInstead(
  old: Deployment,
  { phase, asked }: HoldRecord,
  replicaSets: readonly ReplicaSet[],
): string | undefined {
  if (phase !== "canary" || asked === "abort") return undefined;
  const revision = revisionInFlight(old, presentOf(old, replicaSets));
  return `kubectl annotate deployment/${old.metadata.name} serin.dev/abort=${revision} rolls back meanwhile`;
}
