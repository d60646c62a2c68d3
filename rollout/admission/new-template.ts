import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { isOptedIn } from "../plan/plan.ts";
import { pause } from "../workload/hold.ts";
import { type HoldRecord, isHoldRecordNewer, originalsOf } from "../workload/hold-record.ts";
import { mutableImageWarnings } from "../workload/mutable-image.ts";
import { runRecordOf } from "../workload/run-record.ts";
import { hashOf, sameTemplate } from "../workload/template.ts";
import { type AdmissionResponse, allowedNatively, denied } from "./answer.ts";
import { returnsToStable, undo, undoWarning } from "./back-to-stable.ts";
import { begin } from "./begin.ts";
import {
  drainMs,
  LONGEST_DRAIN_MS,
  originalsNow,
  type PlannedChange,
  type TemplateChange,
  type TemplateRequest,
  templateChange,
} from "./change.ts";
import { proofOf, provenBefore, refuseFailed, withoutRetry, withProvenHint } from "./known-version.ts";
import { restartsNatively, whyNative } from "./natively.ts";
import { restoreOnOptOut } from "./opt-out.ts";
import { hasNoStable, replaceNatively } from "./stable-lost.ts";
import { isUnstarted, supersede } from "./supersede.ts";
import { warnStableDown } from "./warnings.ts";

/** The refusal of what only the Serin that began the rollout can do. */
export const NEWER = "a newer Serin began the rollout in flight: update Serin, or undo the rollout first";

/** Answers a request for a new template, or for the stable one again. */
export function admitNewTemplate(request: TemplateRequest): AdmissionResponse {
  const course = courseOf(templateChange(withUsersPause(request)));
  if ("answer" in course) return course.answer;
  const { change } = course;
  return withProvenHint(withoutRetry(startNext(change), change), change);
}

/** Whether the request may start a rollout. If not, the ReplicaSets and the routes with a share suffice for its answer. */
export function mayStart(request: TemplateRequest): boolean {
  return "change" in courseOf(templateChange(withUsersPause(request)));
}

/** The answer that starts no rollout, or the change that may start one. Only the undo's answer depends on routes. */
function courseOf(
  change: TemplateChange,
): { readonly answer: AdmissionResponse } | { readonly change: PlannedChange } {
  const { held, plan, object, old } = change;
  if (held !== undefined && returnsToStable(change)) return { answer: undo(change, held) };
  if (held !== undefined && hasNoStable(change, held)) return { answer: replaceNatively(change, held) };
  if (isHoldRecordNewer(old)) return { answer: denied(NEWER) };
  if (plan === undefined) {
    if (change.complaint !== undefined && isOptedIn(object.metadata.annotations))
      return { answer: denied(change.complaint) };
    return { answer: held === undefined ? allowedNatively(object, old) : denied(restoreOnOptOut(held, old)) };
  }
  const planned = { ...change, plan };
  const proven = held === undefined ? provenBefore(planned) : undefined;
  if (proven !== undefined) return { answer: native(change, proven) };
  const answer = refuseFailed(planned) ?? (held === undefined ? restartNatively(planned) : undefined);
  return answer === undefined ? { change: planned } : { answer };
}

function startNext(change: PlannedChange): AdmissionResponse {
  const { held } = change;
  if (held === undefined) return atRest(change);
  // An order, and what became of the rollout before, do not concern the next one.
  const { asked: _asked, advance: _advance, lost: _lost, failed: _failed, row = 0, ...rest } = held;
  const next: HoldRecord = { ...rest, phase: "canary", started: change.started };
  const instead: HoldRecord = { ...next, originals: originalsNow(change, held) };
  const { stable } = change;
  switch (held.phase) {
    case "promoting":
      return latchPromotion(change);
    case "canary": {
      if (!isUnstarted(change.old, held, change.current))
        return warnStableDown(supersede(change, { ...next, row: row + 1 }), stable);
      // It begins in the place of a version that has not started, so none is superseded.
      const sameRow = held.row === undefined ? instead : { ...instead, row };
      return warnStableDown(afterEnd(change, sameRow, []), stable);
    }
    case "failed":
    case "undone":
      return warnStableDown(afterEnd(change, instead, undoWarning(change, held)), stable);
    default:
      return held.phase satisfies never;
  }
}

/** Begins after an ended rollout. Its canary keeps its pods until no proxy sends them requests. */
function afterEnd(change: PlannedChange, held: HoldRecord, warnings: readonly string[]): AdmissionResponse {
  const { uid, stable } = change;
  const pendingMs = drainMs(change);
  if (pendingMs > LONGEST_DRAIN_MS || isReturning(change)) return supersede(change, held, warnings);
  const effects = pendingMs > 0 ? [{ kind: "drain" as const, uid }] : [];
  return begin(change, held, stable, warnings, effects);
}

/**
 * Whether the stable version is short of pods, as after an undo, or has pods that are not ready while another version has some,
 * or its ready pods do not count as available, because a hold kept them from it. With yet another template, native control
 * would remove those first. While the user pauses, native control waits, and stable pods may stop being ready meanwhile.
 */
function isReturning({ object, stable, cluster }: TemplateChange): boolean {
  const { readyReplicas = 0, availableReplicas = 0 } = stable?.status ?? {};
  const { replicas = 1, paused } = object.spec;
  const isBeside = cluster.replicaSets.some((set) => set !== stable && (set.spec.replicas ?? 0) > 0);
  const isShort =
    (stable?.spec.replicas ?? 0) < replicas || (isBeside && (paused || readyReplicas < replicas));
  return availableReplicas < readyReplicas || isShort;
}

function restartNatively(change: PlannedChange): AdmissionResponse | undefined {
  if (!restartsNatively(change)) return undefined;
  const { object, old } = change;
  return allowedNatively(object, old, mutableImageWarnings(object.spec.template));
}

function atRest(change: PlannedChange): AdmissionResponse {
  const { object, current, cluster } = change;
  const why = whyNative(change);
  if (why !== undefined) return native(change, why);
  const others = cluster.replicaSets.filter(
    (set) => set !== current && (set.status?.availableReplicas ?? 0) > 0,
  );
  const originals = originalsOf(object.spec);
  const held: HoldRecord = { started: change.started, phase: "canary", stable: "", originals };
  if (others.length > 0 || current === undefined) {
    const proven = backOnItsWay(current, others) ?? mostAvailable(others);
    if (proven === undefined)
      return native(change, "its first rollout has not completed: there is nothing to compare with");
    if (sameTemplate(proven.spec.template, object.spec.template))
      return native(change, "this is the version that still serves: there is nothing to judge");
    return supersede(change, { ...held, stable: hashOf(proven) });
  }
  if ((current.status?.availableReplicas ?? 0) === 0) {
    return native(change, "no pod of the present version is available: there is nothing to compare with");
  }
  return begin(change, { ...held, stable: hashOf(current) }, current, []);
}

/**
 * Supersedes a native promotion; its version was proven, so it is the stable one now. If none of its pods is ready, as after a
 * promotion on request, a new version would wait for it for ever.
 */
function latchPromotion(change: PlannedChange): AdmissionResponse {
  const proven = change.current;
  if (proven === undefined || (proven.status?.readyReplicas ?? 0) === 0)
    return restartNatively(change) ?? atRest({ ...change, held: undefined });
  const originals = originalsOf(change.object.spec);
  return supersede(change, {
    started: change.started,
    phase: "canary",
    stable: hashOf(proven),
    originals,
  });
}

/** The request, paused only if the user paused it: Serin's own pauses end with the rollout that was in flight. */
function withUsersPause(change: TemplateRequest): TemplateRequest {
  const { object, held, cluster } = change;
  if (held === undefined || !object.spec.paused) return change;
  const plans = cluster.replicaSets.some((set) => runRecordOf(set, held.started)?.paused);
  const paused = held.latched || plans ? held.originals.paused : true;
  return { ...change, object: { ...object, spec: pause(object.spec, paused) } };
}

/** The present version, if a user has just gone back to it natively: it was proven, and they left the other one. */
function backOnItsWay(
  current: ReplicaSet | undefined,
  others: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const serves = current !== undefined && (current.status?.readyReplicas ?? 0) > 0;
  return serves && proofOf(current, mostAvailable(others)) !== undefined ? current : undefined;
}

function mostAvailable(sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const available = (set: ReplicaSet) => set.status?.availableReplicas ?? 0;
  return sets.toSorted((a, b) => available(b) - available(a))[0];
}

function native({ object, old }: TemplateChange, why: string): AdmissionResponse {
  return allowedNatively(object, old, [`native rolling update, no canary: ${why}`]);
}
