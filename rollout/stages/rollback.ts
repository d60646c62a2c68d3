import type { Write } from "../../kube/core/writes.ts";
import { shortly } from "../plan/grant.ts";
import { formatDuration } from "../text/duration.ts";
import { instant } from "../text/instant.ts";
import { revertAdvice } from "../tracking/decide.ts";
import { configLost } from "../tracking/pending.ts";
import { exposureOf, isExposed } from "../traffic/exposure.ts";
import { restoredFields } from "../workload/hold.ts";
import { HISTORY_LIMIT } from "../workload/hold-record.ts";
import { keptRequests } from "../workload/requests.ts";
import { canaryPods } from "../workload/surge.ts";
import { onlyTemplate } from "../workload/template.ts";
import { writeFailedRun, writeHoldRecord, writeScale } from "../workload/writes.ts";
import { afterFailure } from "./after-failure.ts";
import { lastWeight, withCourse } from "./course.ts";
import { type Decision, firstOf } from "./decision.ts";
import { awaitQuiet, drainWrites, removeCanaryServices, restoreRoutes, takeAllTraffic } from "./drain.ts";
import { failureMessage, failWrites, reportAgain, reportFailure } from "./failure.ts";
import { rewrite } from "./hook-record.ts";
import { callAfterwards } from "./post-rollout.ts";
import { emptyEarlier, raiseSurge, scaleUpStable } from "./scale.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";

/** The failed pods that Serin keeps for people to look into. */
const KEPT_PODS = 1;

/**
 * Rolls back. The record of the verdict comes first: if the controller dies before the weight is 0, the next one continues
 * the rollback instead of granting the weight again. If the API server refuses that record, the canary loses its traffic all the
 * same, and the Deployment's record keeps the failure. `leaving`: the writes that end the canary's traffic.
 */
export function rollBack(
  snapshot: Snapshot,
  reason: string,
  query = "",
  leaving: readonly Write[] = drainWrites(snapshot),
): Decision {
  const { run, judged, held } = snapshot;
  const message = [
    `rolled back ${exposure(snapshot)}: ${reason}`,
    afterFailure(snapshot),
    ...configAdvice(snapshot),
    ...(query ? [query] : []),
  ].join(". ");
  const ended = instant(snapshot.now);
  const failed = run && {
    ...withCourse(snapshot, run),
    outcome: "failed" as const,
    message,
    ended,
    ...keptRequests(held),
  };
  return {
    writes: [
      ...(judged && failed ? [writeFailedRun(judged, snapshot.uid, failed)] : []),
      ...leaving,
      // Before people can read of the failure: they may retry at once.
      writeFailed(snapshot),
      ...failWrites(snapshot, message),
    ],
  };
}

/** What the canary had when the verdict came. */
function exposure(snapshot: Snapshot): string {
  const exposed = [...snapshot.shares.values()].find(isExposed);
  const from = snapshot.evidence?.judged?.since;
  const lasted =
    from === undefined ? "" : ` after ${formatDuration(1000 * Math.round((snapshot.now - from) / 1000))}`;
  if (exposed !== undefined) return `at ${shortly(exposureOf(exposed))}${lasted}`;
  const had = lastWeight(snapshot);
  if (had !== undefined) return `after it had ${had}% of the traffic`;
  if (snapshot.routes.length > 0) return "before it had any traffic";
  return snapshot.canaryServices.length > 0 ? "without a route" : "as a canary by pods";
}

/** Advises to revert ConfigMaps that were changed in place: the stable template does not contain their content. */
function configAdvice(snapshot: Snapshot): string[] {
  const { stable, judged } = snapshot;
  if (stable === undefined || judged === undefined) return [];
  const changed = configLost(judged.spec.template, stable.spec.template);
  return changed.length === 0 ? [] : [revertAdvice(changed)];
}

/** Cleans up after a failed canary. The sizes and the report come before the run record, which may be refused for long. */
export function decideFailed(snapshot: Snapshot): Decision {
  return firstOf(
    [
      drainFailed,
      fillStable,
      keepFailed,
      reportAgain,
      recordFailure,
      restoreRoutes,
      removeCanaryServices,
      putStableBack,
      (failed) => callAfterwards(failed, "Failed"),
    ],
    snapshot,
  );
}

/**
 * Takes all traffic from the failed canary and waits until that is settled. The report comes first: a route whose owner
 * refuses the drain must not hide the failure.
 */
function drainFailed(snapshot: Snapshot): Decision | undefined {
  const decision = takeAllTraffic(snapshot) ?? awaitQuiet(snapshot);
  return decision && { ...decision, writes: [...reportFailure(snapshot), ...decision.writes] };
}

/** Writes the run record that the API server refused when the verdict came: without it, the version might be tried again. */
export function recordFailure(snapshot: Snapshot): Decision | undefined {
  const { held, run } = snapshot;
  const hasFailed = held.phase === "failed" || held.failed === true;
  if (!hasFailed || run?.outcome !== "running") return undefined;
  const ended = instant(snapshot.now);
  return { writes: rewrite(snapshot, { outcome: "failed", message: failureMessage(snapshot), ended }) };
}

/**
 * Brings the stable version, which serves alone, to full size. This comes before the Deployment: a policy may refuse each change
 * of it for long. Before both, the pods of earlier versions go: native control would remove a new stable pod for each of them.
 */
function fillStable(snapshot: Snapshot): Decision | undefined {
  return snapshot.deployment.spec.paused ? undefined : (emptyEarlier(snapshot) ?? scaleUpStable(snapshot));
}

/** Keeps the failed version small. A route with a share that Serin has not read may still lead to its pods. */
function keepFailed(snapshot: Snapshot): Decision | undefined {
  return snapshot.lacksShares ? undefined : (keepHold(snapshot) ?? shrink(snapshot));
}

/** Keeps the failed template, which is the user's, under the hold: without it, native control would continue with it. */
function keepHold(snapshot: Snapshot): Decision | undefined {
  if (snapshot.held.phase !== "failed") return { writes: [writeFailed(snapshot)] };
  const { strategy: present, paused } = snapshot.deployment.spec;
  // While the user pauses, native control would remove pods of both versions.
  if (paused || present?.rollingUpdate?.maxSurge === KEPT_PODS) return undefined;
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: KEPT_PODS } };
  return { writes: [writeHoldRecord(snapshot.deployment, snapshot.held, { strategy })] };
}

/** Records the failure. */
function writeFailed(snapshot: Snapshot): Write {
  const pause = snapshot.run?.paused ? { paused: snapshot.held.originals.paused } : {};
  return writeHoldRecord(snapshot.deployment, { ...snapshot.held, phase: "failed" }, pause);
}

/** Shrinks the canary, which a lower surge alone does not. */
function shrink(snapshot: Snapshot): Decision | undefined {
  const { deployment, canary } = snapshot;
  if (deployment.spec.paused) return scaleUpStable(snapshot) ?? raiseSurge(snapshot);
  const kept = canaryPods(KEPT_PODS, replicasOf(deployment));
  if (canary === undefined || (canary.spec.replicas ?? 0) <= kept) return undefined;
  return { writes: [writeScale(canary, kept)] };
}

/** `serin.dev/on-failure: undo`: as `kubectl rollout undo` would. */
function putStableBack(snapshot: Snapshot): Decision | undefined {
  const { stable } = snapshot;
  if (snapshot.plan.onFailure !== "undo" || stable === undefined) return undefined;
  const fields = restoredFields(snapshot.deployment.spec, snapshot.held.originals);
  const spec = { ...fields, revisionHistoryLimit: HISTORY_LIMIT, template: onlyTemplate(stable) };
  return { writes: [writeHoldRecord(snapshot.deployment, { ...snapshot.held, phase: "undone" }, spec)] };
}
