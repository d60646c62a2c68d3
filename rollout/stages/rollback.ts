import { conditionOf } from "../../kube/core/meta.ts";
import type { Write } from "../../kube/core/writes.ts";
import { CONDITION } from "../keys.ts";
import { shortly } from "../plan/grant.ts";
import { formatDuration } from "../text/duration.ts";
import { instant } from "../text/instant.ts";
import { revertAdvice } from "../tracking/decide.ts";
import { configLost } from "../tracking/pending.ts";
import { exposureOf, isExposed } from "../traffic/exposure.ts";
import { flightOf } from "../traffic/route-record.ts";
import { givenBack } from "../workload/hold.ts";
import { surgePods } from "../workload/surge.ts";
import { onlyTemplate } from "../workload/template.ts";
import {
  canaryCondition,
  writeConditions,
  writeEvent,
  writeHeld,
  writeMark,
  writeScale,
} from "../workload/writes.ts";
import { type Decision, firstOf } from "./decision.ts";
import { awaitQuiet, detachRoutes, drain, drainWrites, isolateStable, removeTwins } from "./drain.ts";
import { callAfterwards } from "./post-rollout.ts";
import { makeRoom, refill } from "./scale.ts";
import { recordOf, replicaSetOfRecord, type Seen, stableOf, uidOf } from "./snapshot.ts";

/** The pods that stay for people to look into. */
const KEPT_PODS = 1;

/**
 * The verdict is against the canary. It is recorded first: if we die before the weight is 0, whoever comes next finds it
 * and goes on, instead of granting the weight again.
 */
export function takeBack(seen: Seen, reason: string, query = ""): Decision {
  const run = recordOf(seen);
  const replicaSet = replicaSetOfRecord(seen);
  if (run === undefined || replicaSet === undefined) return { writes: [] };
  const message = [
    `rolled back ${exposure(seen)}: ${reason}`,
    next(seen),
    ...configAdvice(seen),
    ...(query ? [query] : []),
  ].join(". ");
  const evidence = seen.evidence?.judged;
  const ended = instant(seen.now);
  const failed = { ...run, outcome: "failed", message, ended, ...(evidence && { evidence }) } as const;
  return {
    writes: [
      writeMark(replicaSet, uidOf(seen), failed),
      ...drainWrites(seen),
      // Before anybody can read of the failure: whoever does may retry at once.
      writeFailed(seen),
      ...failWrites(seen, message),
    ],
  };
}

/** What the canary had when the verdict came. */
function exposure(seen: Seen): string {
  const exposed = seen.routes.map((route) => flightOf(route, uidOf(seen))).find(isExposed);
  const from = seen.evidence?.judged?.since;
  const lasted =
    from === undefined ? "" : ` after ${formatDuration(1000 * Math.round((seen.now - from) / 1000))}`;
  if (exposed !== undefined) return `at ${shortly(exposureOf(exposed))}${lasted}`;
  return seen.routes.length > 0 ? "before it had any traffic" : "as a canary by pods";
}

/** What a person may do now. */
function next(seen: Seen): string {
  const { name, annotations } = seen.deployment.metadata;
  const revision = annotations?.["deployment.kubernetes.io/revision"];
  if (seen.plan.onFailure === "undo") return "The stable template is put back";
  const retry = `kubectl annotate deployment/${name} serin.dev/retry=${revision}`;
  return `One pod is kept; kubectl rollout undo deployment/${name} goes back, ${retry} tries again`;
}

/** The stable template says nothing of the content of a ConfigMap that was changed in place. */
function configAdvice(seen: Seen): string[] {
  const [stable, judged] = [stableOf(seen), replicaSetOfRecord(seen)];
  if (stable === undefined || judged === undefined) return [];
  const changed = configLost(judged.spec.template, stable.spec.template);
  return changed.length === 0 ? [] : [revertAdvice(changed)];
}

/** What remains to be done about a failed canary; afterwards, that its failure stays visible. */
export function decideFailed(seen: Seen): Decision {
  return firstOf([drainAndTell, detachRoutes, removeTwins, endHold, shrink, undo, tellAgain], seen);
}

function drainAndTell(seen: Seen): Decision | undefined {
  const decision = drain(seen) ?? isolateStable(seen) ?? awaitQuiet(seen);
  return decision && { ...decision, writes: [...decision.writes, ...tell(seen)] };
}

/** The template stays the user's; so does the hold, or native control would go on with it. */
function endHold(seen: Seen): Decision | undefined {
  if (seen.held.phase !== "failed") return { writes: [writeFailed(seen)] };
  const { strategy: present, paused } = seen.deployment.spec;
  // While the user pauses, native control would take pods of both versions.
  if (paused || present?.rollingUpdate?.maxSurge === KEPT_PODS) return undefined;
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: KEPT_PODS } };
  return { writes: [writeHeld(seen.deployment, seen.held, { strategy })] };
}

/** A pause of the plan ends with the canary; the user's own one stays. */
function writeFailed(seen: Seen): Write {
  const pause = recordOf(seen)?.paused ? { paused: seen.held.originals.paused } : {};
  return writeHeld(seen.deployment, { ...seen.held, phase: "failed" }, pause);
}

/** Lowering the surge shrinks nothing by itself; the stable version comes first where a scale has confused the two. */
function shrink(seen: Seen): Decision | undefined {
  const { deployment, canary } = seen;
  const stable = stableOf(seen);
  const wanted = deployment.spec.replicas ?? 1;
  if (deployment.spec.paused) return refill(seen) ?? makeRoom(seen);
  if (stable !== undefined && (stable.spec.replicas ?? 0) < wanted)
    return { writes: [writeScale(stable, wanted)] };
  const kept = Math.min(surgePods(KEPT_PODS, wanted), wanted);
  if (canary === undefined || (canary.spec.replicas ?? 0) <= kept) return undefined;
  return { writes: [writeScale(canary, kept)] };
}

/** `serin.dev/on-failure: undo`: as `kubectl rollout undo` would. */
function undo(seen: Seen): Decision | undefined {
  const stable = stableOf(seen);
  if (seen.plan.onFailure !== "undo" || stable === undefined) return undefined;
  const spec = { ...givenBack(seen.held.originals), template: onlyTemplate(stable) };
  return { writes: [writeHeld(seen.deployment, { ...seen.held, phase: "undone" }, spec)] };
}

/**
 * What is in flight has not failed. Native control takes this word back neither while paused nor for a template that
 * it knows, so another version in the moment of a failure and a retry would go on failed for `kubectl rollout status`.
 */
export function forgetFailure(seen: Seen): Decision | undefined {
  const failure = conditionOf(seen.deployment.status?.conditions, "Progressing");
  if (failure?.reason !== "ProgressDeadlineExceeded") return undefined;
  const at = instant(seen.now);
  const message = "A new rollout is progressing.";
  const progressing = { ...failure, status: "True", reason: "ReplicaSetUpdated", message } as const;
  return {
    writes: [
      writeConditions(seen.deployment, [{ ...progressing, lastUpdateTime: at, lastTransitionTime: at }]),
    ],
  };
}

/** Native control overwrites our word on Progressing whenever a pod becomes ready; say it again. */
function tellAgain(seen: Seen): Decision {
  const decision = callAfterwards(seen, "Failed");
  return { ...decision, writes: [...tell(seen), ...(decision?.writes ?? [])] };
}

function tell(seen: Seen): Write[] {
  const progressing = conditionOf(seen.deployment.status?.conditions, "Progressing");
  const message = recordOf(seen)?.message ?? "";
  if (progressing?.status === "False" && progressing.message === message) return [];
  return failWrites(seen, message);
}

/**
 * `ProgressDeadlineExceeded` is the one reason at which `kubectl rollout status`, Argo CD and Flux say "failed". The Event comes
 * before the condition by which it counts as told: if we die between the two, it is told again and is still one.
 */
function failWrites(seen: Seen, message: string): Write[] {
  const at = instant(seen.now);
  const progressing = {
    type: "Progressing",
    status: "False",
    reason: "ProgressDeadlineExceeded",
    message,
    lastUpdateTime: at,
    lastTransitionTime: at,
  } as const;
  const canary = canaryCondition({ status: "False", reason: "RolledBack", message }, at);
  const isTold = conditionOf(seen.deployment.status?.conditions, CONDITION)?.message === message;
  return [
    ...(isTold ? [] : [writeEvent(seen.deployment, "Warning", "RolledBack", message)]),
    writeConditions(seen.deployment, [progressing, canary]),
  ];
}
