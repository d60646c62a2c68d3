import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { instant } from "../text/instant.ts";
import { holdFields } from "../workload/hold.ts";
import { type HoldRecord, originalsOf } from "../workload/hold-record.ts";
import { startAfter } from "../workload/start-after.ts";
import { podsBeyond, withRoom } from "../workload/surge.ts";
import { hashOf } from "../workload/template.ts";
import { writeEvent, writeHoldRecord } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { drainWrites } from "./drain.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";

/**
 * Judges a version from the start that came without Serin's admission: another webhook changed the template in a write of
 * Serin itself, for which the API server does not ask Serin. Or Serin's webhook was removed, and so was the policy of
 * deploy/hold.yaml, or the change names Serin's field manager, which that policy lets pass. The version must inherit no step,
 * weight or verdict. As admission does for a superseding version, Serin pauses the Deployment until the judged version is
 * drained.
 */
export function judgeAnother(snapshot: Snapshot): Decision | undefined {
  const { deployment, held, canary } = snapshot;
  if (!isAnother(snapshot)) return undefined;
  const { asked: _asked, advance: _advance, lost: _lost, requests: _requests, ...rest } = held;
  const next = {
    ...rest,
    phase: "canary",
    started: startAfter(held, instant(snapshot.now)),
    latched: true,
  } as const;
  // A pause of the plan ends with its canary; the user's own stays.
  const isUsers = deployment.spec.paused === true && snapshot.run?.paused !== true;
  const paused = isUsers || held.originals.paused === true ? { paused: true } : {};
  const { paused: _was, ...fields } = held.originals;
  return restart(snapshot, canary, { ...next, originals: { ...fields, ...paused } }, { paused: true });
}

/**
 * The same in a native promotion. The proven version is the stable one from then on, or the one before it if native control
 * has already removed the proven pods.
 */
export function judgeAnotherInPromotion(snapshot: Snapshot): Decision | undefined {
  const { deployment, held, canary, judged, replicaSets } = snapshot;
  if (!isAnother(snapshot)) return undefined;
  // Without a ready pod of either, the new version would wait for one for ever.
  const stable = [judged, snapshot.stable].find((set) => (set?.status?.readyReplicas ?? 0) > 0);
  if (stable === undefined) return undefined;
  const { requests: _requests, advance: _advance, ...rest } = held;
  const started = startAfter(held, instant(snapshot.now));
  const originals = originalsOf(deployment.spec);
  const next = {
    ...rest,
    phase: "canary",
    started,
    stable: hashOf(stable),
    latched: true,
    originals,
  } as const;
  const replicas = replicasOf(deployment);
  const present = originals.strategy?.rollingUpdate?.maxSurge ?? "25%";
  const surge = withRoom(present, replicas, podsBeyond(replicas, replicaSets));
  return restart(snapshot, canary, next, { ...holdFields(surge), paused: true });
}

/** Whether the Deployment's template has a ReplicaSet that is neither the judged version nor the stable one. */
function isAnother({ canary, judged, held }: Snapshot): boolean {
  return canary !== undefined && judged !== undefined && canary !== judged && hashOf(canary) !== held.stable;
}

function restart(
  snapshot: Snapshot,
  canary: ReplicaSet | undefined,
  held: HoldRecord,
  fields: Record<string, unknown>,
): Decision {
  const { deployment, judged } = snapshot;
  const message =
    `the template changed without an answer of Serin's webhook: ${canary?.metadata.name} is not ${judged?.metadata.name}, which ` +
    "was judged, so it is judged from the start; check which other webhook changes pod templates of Deployments";
  return {
    writes: [
      ...drainWrites(snapshot),
      writeHoldRecord(deployment, held, fields),
      writeEvent(deployment, "Warning", "TemplateChanged", message),
    ],
    condition: { status: "Unknown", reason: "Preparing", message },
  };
}
