import { writeWiden } from "../traffic/writes.ts";
import { advance, checkHarm } from "./advance.ts";
import { type Decision, firstOf } from "./decision.ts";
import { awaitUndo, drain } from "./drain.ts";
import { awaitReturn, expose, lessen } from "./expose.ts";
import { awaitConfirmation, awaitTrial, checkHooks, withCompanions, withRollback } from "./hook-gates.ts";
import {
  awaitCanary,
  awaitReady,
  checkHealth,
  checkRoutes,
  isolate,
  makeTwins,
  markAll,
  size,
} from "./prepare.ts";
import { decidePromoting, decideProven } from "./promote.ts";
import { decideFailed, forgetFailure, takeBack } from "./rollback.ts";
import { recordOf, replicasOf, type Seen } from "./snapshot.ts";
import { tellStranded } from "./stable-down.ts";
import { decideLatched } from "./supersede.ts";
import { decideUndone } from "./undo.ts";

/**
 * What is to be done about a rollout, from what is there now and nothing else: no memory, no clock. Every stage is skipped
 * once its effect is visible, so that a controller which starts anew goes on where the last one stopped.
 */
export function decide(seen: Seen): Decision {
  const decision = decidePhase(seen);
  // Nobody else will give them back before the end.
  const left = (seen.left ?? []).map(writeWiden);
  if (left.length === 0) return decision;
  // First where the version that they select goes; otherwise who refuses that must not keep weight on a bad canary.
  const goes = seen.held.phase === "promoting" || recordOf(seen)?.outcome === "proven";
  return { ...decision, writes: goes ? [...left, ...decision.writes] : [...decision.writes, ...left] };
}

function decidePhase(seen: Seen): Decision {
  switch (seen.held.phase) {
    case "promoting":
      return decidePromoting(seen);
    case "failed":
      return decideFailed(seen);
    case "undone":
      return decideUndone(seen);
    case "canary":
      return seen.held.latched ? decideLatched(seen) : decideCanary(seen);
    default:
      return seen.held.phase satisfies never;
  }
}

function decideCanary(seen: Seen): Decision {
  const outcome = recordOf(seen)?.outcome;
  if (outcome === "failed") return decideFailed(seen);
  if (outcome === "proven") return decideProven(seen);
  const decision = firstOf(
    [
      awaitUndo,
      forgetFailure,
      awaitCanary,
      markAll,
      abort,
      lessen,
      checkHooks,
      checkHarm,
      awaitReturn,
      checkRoutes,
      isolate,
      checkHealth,
      awaitReplicas,
      size,
      awaitConfirmation,
      makeTwins,
      awaitReady,
      awaitTrial,
      expose,
      (step) => withCompanions(step, advance(step)),
    ],
    seen,
  );
  return tellStranded(seen, withRollback(seen, decision));
}

function abort(seen: Seen): Decision | undefined {
  return seen.held.asked === "abort" ? takeBack(seen, "aborted on request") : undefined;
}

/** Scaled to zero: nothing serves, so there is nothing to share and nothing to judge. */
function awaitReplicas(seen: Seen): Decision | undefined {
  if (replicasOf(seen.deployment) > 0) return undefined;
  const says = { status: "Unknown", reason: "Holding", message: "the Deployment is scaled to zero" } as const;
  return { writes: drain(seen)?.writes ?? [], says };
}
