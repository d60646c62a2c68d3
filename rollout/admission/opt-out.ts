import type { Deployment } from "../../kube/core/workloads.ts";
import { isOptedIn } from "../plan/plan.ts";
import type { HoldRecord } from "../workload/hold-record.ts";

/** Why the opt-in cannot be taken away now, and what has to come first. kubectl undoes no Deployment that is paused. */
export function restoreOnOptOut({ phase, asked, latched }: HoldRecord, deployment: Deployment): string {
  const kubectl = deployment.spec.paused ? "" : "kubectl rollout undo, or ";
  const undo = `undo it (${kubectl}apply the stable version's manifest)`;
  const mayPromote = phase === "canary" && (asked !== "abort" || latched);
  const first = mayPromote
    ? `promote it (annotate serin.dev/promote=<revision>) or ${undo} first`
    : `${undo} first`;
  const state = phase === "failed" ? "the failed version is held" : "a rollout is in flight";
  const wait = phase === "promoting" || phase === "undone" ? afterItsEnd(deployment) : first;
  return `serin.dev/rollout cannot go while ${state}: ${wait}`;
}

/** When to repeat what has to wait for native control, which does not end a rolling update while the Deployment is paused. */
export function afterItsEnd({ metadata, spec }: Deployment): string {
  const resume = spec.paused ? `kubectl rollout resume deployment/${metadata.name}, then ` : "";
  return `${resume}try again when it has ended`;
}

/**
 * Warns of a new template that takes the opt-in away. `kubectl rollout undo` restores a revision with its annotations, and one
 * from before the opt-in has none: the user asked for a version, and would lose the canaries of all later ones.
 */
export function optOutWarnings({ metadata }: Deployment, old: Deployment): readonly string[] {
  if (isOptedIn(metadata.annotations) || !isOptedIn(old.metadata.annotations)) return [];
  return [
    "this request removes serin.dev/rollout, as an undo to a revision from before the opt-in does: later versions get no canary until you annotate it again",
  ];
}
