import { instant } from "../text/instant.ts";
import { isIsolatedFor } from "../traffic/isolation.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import { isUnproven } from "../workload/run-record.ts";
import { fewestAvailable } from "../workload/surge.ts";
import { hashOf } from "../workload/template.ts";
import { writeHoldRecord } from "../workload/writes.ts";
import { orderCommand } from "./commands.ts";
import type { Decision } from "./decision.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";

/**
 * Waits while no stable pod is ready: a superseded version may be the only one that serves, so Serin takes nothing from it.
 * On `serin.dev/promote`, or when it has waited for the Deployment's deadline, the new version starts natively, as it would at
 * rest.
 */
export function awaitStable(snapshot: Snapshot): Decision | undefined {
  const { asked } = snapshot.held;
  // Something else keeps the latch shut, such as a policy that refuses a write.
  if (asked === "promote" && leftMs(snapshot, latchedAt(snapshot)) <= 0) return startNatively(snapshot);
  if (replicasOf(snapshot.deployment) === 0 || readyPods(snapshot) > 0) return undefined;
  if (asked === "promote" || (asked !== "abort" && isOverdue(snapshot))) return startNatively(snapshot);
  const why = `no pod of stable ${snapshot.held.stable} is ready, so nothing is taken from the version that it supersedes`;
  return wait(snapshot, asked === "abort" ? `${why}, and serin.dev/abort waits for one` : why);
}

/**
 * Waits until the stable pods can carry all traffic. If the user's Services select only them, they already do so, and one is
 * enough, as for a first canary. If another proven version serves too, Serin asks for as many as native control would, and
 * no longer than the Deployment's deadline. A Service that somebody recreated must not lead to an unproven version for that long.
 */
export function awaitCapacity(snapshot: Snapshot): Decision | undefined {
  const { deployment, held } = snapshot;
  const fewest = fewestReady(snapshot);
  const ready = readyPods(snapshot);
  if (ready >= fewest) return undefined;
  if (held.asked === "promote" || (held.asked !== "abort" && isOverdue(snapshot)))
    return startNatively(snapshot);
  return wait(
    snapshot,
    `${ready} of ${replicasOf(deployment)} pods of stable ${held.stable} are ready, and ${fewest} must carry all traffic`,
  );
}

/**
 * Forgets a wait that is over. Something else may keep the latch shut, such as a route that refuses the drain: with two short
 * waits counted as one long one, the new version would start without a canary.
 */
export function forgetWait(snapshot: Snapshot): Decision | undefined {
  const { waitingSince: since, ...held } = snapshot.held;
  if (since === undefined || readyPods(snapshot) < fewestReady(snapshot)) return undefined;
  return { writes: [writeHoldRecord(snapshot.deployment, held)] };
}

/** Waits, and records since when: the admission may be long ago, as after an outage of Serin or a restore of etcd. */
function wait(snapshot: Snapshot, why: string): Decision {
  const order = `${orderCommand(snapshot, "promote")} starts the new version by a native rolling update`;
  const message = `the new version waits: ${why}; ${order}, another template replaces it`;
  const condition = { status: "Unknown", reason: "Preparing", message } as const;
  const { deployment, held, now } = snapshot;
  const since = waitingSince(snapshot);
  if (since === undefined) {
    const from = instant(Math.max(now, latchedAt(snapshot)));
    return { writes: [writeHoldRecord(deployment, { ...held, waitingSince: from })], condition };
  }
  const left = leftMs(snapshot, since);
  return { writes: [], condition, ...(left > 0 && { waitMs: left }) };
}

/** Nothing is left to compare with: the record tells the next pass to restore the Services before native control goes on. */
function startNatively({ deployment, held }: Snapshot): Decision {
  return { writes: [writeHoldRecord(deployment, { ...held, lost: true })] };
}

/** How many stable pods must be ready before they get all traffic. */
function fewestReady(snapshot: Snapshot): number {
  const { deployment, held, services, uid } = snapshot;
  const wanted = replicasOf(deployment);
  const isAlone =
    services.length > 0 && services.every((service) => isIsolatedFor(uid, service, held.stable));
  const isEnough = isAlone || !isHelped(snapshot);
  return Math.min(wanted, isEnough ? 1 : fewestAvailable(held.originals.strategy, wanted));
}

function readyPods({ stable }: Snapshot): number {
  return stable?.status?.readyReplicas ?? 0;
}

function isOverdue(snapshot: Snapshot): boolean {
  const since = waitingSince(snapshot);
  return since !== undefined && leftMs(snapshot, since) <= 0;
}

/** How much of the Deployment's deadline is left since an instant (ms), in ms. */
function leftMs({ held, now }: Snapshot, since: number): number {
  return since + progressDeadlineMs(held.originals) + 1 - now;
}

/** Since when (ms) this latch waits for stable pods; `undefined`: it has not waited yet, or only before a restore of etcd. */
function waitingSince(snapshot: Snapshot): number | undefined {
  const since = Date.parse(snapshot.held.waitingSince ?? "");
  return since >= latchedAt(snapshot) ? since : undefined;
}

/** When (ms) the rollout began, or began again because etcd was restored from a backup. */
function latchedAt({ held, restoredAt = 0 }: Snapshot): number {
  return Math.max(Date.parse(held.started), restoredAt);
}

/** Whether ready pods of another proven version serve beside the stable one, as after a native promotion. */
export function isHelped({ replicaSets, held }: Snapshot): boolean {
  return replicaSets.some(
    (set) => hashOf(set) !== held.stable && (set.status?.readyReplicas ?? 0) > 0 && !isUnproven(set),
  );
}
