import { writeSelector } from "../traffic/writes.ts";
import { advance } from "./advance.ts";
import { judgeAnother, judgeAnotherInPromotion } from "./another-version.ts";
import { abort, promoteNow } from "./asked.ts";
import { followSteps } from "./changed-steps.ts";
import { checkEnded } from "./check-ended.ts";
import { checkHarm } from "./check-harm.ts";
import { checkCounting, reportUncounted } from "./counting.ts";
import { type Decision, firstOf } from "./decision.ts";
import { detachRefused } from "./detach-refused.ts";
import { awaitUndo, drain, drainUnanswered } from "./drain.ts";
import { awaitReturn, expose, forgetTrouble, lowerWeight } from "./expose.ts";
import { forgetFailure } from "./failure.ts";
import { withDeadline } from "./first-weight.ts";
import { correctFuture } from "./future.ts";
import { awaitConfirmation, awaitTrial, checkHooks, withCompanions, withRollback } from "./hook-gates.ts";
import { judgeAgain } from "./judge-again.ts";
import { leaveToNewer } from "./newer.ts";
import { recordObserved } from "./observed-settle.ts";
import {
  awaitCanary,
  awaitReady,
  checkHealth,
  ensureCanaryServices,
  isolate,
  markAll,
  size,
} from "./prepare.ts";
import { decidePromoting, decidePromotion, isComplete } from "./promote.ts";
import { checkLabels, checkRoutes } from "./reachable.ts";
import { decideFailed } from "./rollback.ts";
import { withFullStable } from "./scale.ts";
import { correctSizeNote } from "./size-note.ts";
import { isStableLost, replicasOf, type Snapshot } from "./snapshot.ts";
import { reportBrokenStable } from "./stable-broken.ts";
import { decideStableLost } from "./stable-lost.ts";
import { reportStrangers } from "./strangers.ts";
import { closeRecords, decideSuperseding } from "./supersede.ts";
import { awaitMatch } from "./template-match.ts";
import { decideUndone } from "./undo.ts";
import { awaitServices } from "./unknown-services.ts";
import { reportUnscraped } from "./unscraped.ts";
import { noteLoss, restartDeadline } from "./unsteady.ts";
import { waitingFor } from "./wait.ts";
import { withWayOut } from "./way-out.ts";
import { forgetRefusal } from "./write-failure.ts";

/**
 * Decides about a rollout by its snapshot alone, without a memory or a clock. A stage is skipped once its effect is visible,
 * so a controller that has just started continues where the last one stopped.
 */
export function decide(snapshot: Snapshot): Decision {
  const waiting = leaveToNewer(snapshot);
  if (waiting !== undefined) return waiting;
  const decision = withWayOut(snapshot, decidePhase(snapshot));
  const goes = snapshot.held.phase === "promoting" || snapshot.run?.outcome === "proven";
  // No later stage restores these Services before the end.
  const left = goes || mayOpen(snapshot) ? (snapshot.formerServices ?? []).map(writeSelector) : [];
  if (left.length === 0) {
    // After every other write: an object whose owner refuses the correction must not keep the weight on the others.
    if (decision.writes.length > 0) return decision;
    return { ...decision, ...(correctFuture(snapshot) ?? correctSizeNote(snapshot)) };
  }
  // Restore first if the version that they select is about to go. Otherwise last: a refused write must not keep the weight
  // on a bad canary.
  return { ...decision, writes: goes ? [...left, ...decision.writes] : [...decision.writes, ...left] };
}

/**
 * Whether the former Services may select all pods although the canary is not proven. A route that Serin does not know may lead
 * to them, and would give the canary requests beyond any weight. Without another version they must serve.
 */
function mayOpen(snapshot: Snapshot): boolean {
  const isGone = snapshot.held.phase === "undone" && isComplete(snapshot);
  return snapshot.lacksServices !== true || isGone || isStableLost(snapshot);
}

function decidePhase(snapshot: Snapshot): Decision {
  if (isStableLost(snapshot) && snapshot.held.phase !== "undone") return decideStableLost(snapshot);
  switch (snapshot.held.phase) {
    case "promoting":
      return judgeAnotherInPromotion(snapshot) ?? decidePromoting(snapshot);
    case "failed":
      return decideFailed(snapshot);
    case "undone":
      return decideUndone(snapshot);
    case "canary":
      return snapshot.held.latched ? decideSuperseding(snapshot) : decideCanary(snapshot);
    default:
      return snapshot.held.phase satisfies never;
  }
}

function decideCanary(snapshot: Snapshot): Decision {
  const outcome = snapshot.run?.outcome;
  if (outcome === "failed") return decideFailed(snapshot);
  if (outcome === "proven") return abort(snapshot) ?? judgeAnother(snapshot) ?? decidePromotion(snapshot);
  const decision = firstOf(
    [
      awaitUndo,
      forgetFailure,
      awaitCanary,
      markAll,
      closeRecords,
      abort,
      judgeAnother,
      lowerWeight,
      checkHooks,
      judgeAgain,
      checkHarm,
      checkEnded,
      drainUnanswered,
      followSteps,
      awaitMatch,
      promoteNow,
      checkCounting,
      awaitReturn,
      checkRoutes,
      checkLabels,
      detachRefused,
      isolate,
      checkHealth,
      awaitReplicas,
      size,
      awaitConfirmation,
      ensureCanaryServices,
      restartDeadline,
      awaitReady,
      awaitServices,
      awaitTrial,
      expose,
      recordObserved,
      forgetRefusal,
      (step) => withCompanions(step, advance(step)),
    ],
    snapshot,
  );
  const said = [reportBrokenStable, reportStrangers, reportUnscraped, reportUncounted];
  const bounded = withRollback(snapshot, withFullStable(snapshot, withDeadline(snapshot, decision)));
  return said.reduce((known, report) => report(snapshot, known), bounded);
}

/** At zero replicas no pod serves, so Serin has no traffic to share and nothing to judge. */
function awaitReplicas(snapshot: Snapshot): Decision | undefined {
  if (replicasOf(snapshot.deployment) > 0) return undefined;
  const message = `the Deployment is scaled to zero: kubectl scale deployment/${snapshot.deployment.metadata.name} --replicas=1 continues`;
  const writes = [
    ...(drain(snapshot)?.writes ?? []),
    ...(forgetTrouble(snapshot)?.writes ?? noteLoss(snapshot)),
  ];
  return { writes, condition: waitingFor("person", message) };
}
