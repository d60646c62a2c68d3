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
 * On `serin.dev/promote`, or at the Deployment's deadline, the new version starts natively, as it would at rest.
 */
export function awaitStable(snapshot: Snapshot): Decision | undefined {
  const { asked } = snapshot.held;
  const isLate = leftMs(snapshot) <= 0;
  // Something else keeps the latch shut, such as a policy that refuses a write.
  if (asked === "promote" && isLate) return startNatively(snapshot);
  if (replicasOf(snapshot.deployment) === 0 || readyPods(snapshot) > 0) return undefined;
  if (asked === "promote" || (asked !== "abort" && isLate)) return startNatively(snapshot);
  const why = `no pod of stable ${snapshot.held.stable} is ready, so nothing is taken from the version that it supersedes`;
  return wait(snapshot, asked === "abort" ? `${why}, and serin.dev/abort waits for one` : why);
}

/**
 * Waits until the stable pods can carry all traffic. If the user's Services select only them, they already do so, and one is
 * enough, as for a first canary. If another proven version serves too, Serin asks for as many as native control would, and
 * no longer than the Deployment's deadline. A Service that somebody recreated must not lead to an unproven version for that long.
 */
export function awaitCapacity(snapshot: Snapshot): Decision | undefined {
  const { deployment, held, services } = snapshot;
  const wanted = replicasOf(deployment);
  const isAlone =
    services.length > 0 && services.every((service) => isIsolatedFor(snapshot.uid, service, held.stable));
  const fewest = isAlone || !isHelped(snapshot) ? 1 : fewestAvailable(held.originals.strategy, wanted);
  const ready = readyPods(snapshot);
  if (wanted === 0 || ready >= fewest || leftMs(snapshot) <= 0) return undefined;
  if (held.asked === "promote") return startNatively(snapshot);
  return wait(
    snapshot,
    `${ready} of ${wanted} pods of stable ${held.stable} are ready, and ${fewest} must carry all traffic`,
  );
}

function wait(snapshot: Snapshot, why: string): Decision {
  const order = `${orderCommand(snapshot, "promote")} starts the new version by a native rolling update`;
  const message = `the new version waits: ${why}; ${order}, another template replaces it`;
  const left = leftMs(snapshot);
  const condition = { status: "Unknown", reason: "Preparing", message } as const;
  return { writes: [], condition, ...(left > 0 && { waitMs: left }) };
}

/** Nothing is left to compare with: the record tells the next pass to restore the Services before native control goes on. */
function startNatively({ deployment, held }: Snapshot): Decision {
  return { writes: [writeHoldRecord(deployment, { ...held, lost: true })] };
}

function readyPods({ stable }: Snapshot): number {
  return stable?.status?.readyReplicas ?? 0;
}

function leftMs({ held, now }: Snapshot): number {
  return Date.parse(held.started) + progressDeadlineMs(held.originals) + 1 - now;
}

/** Whether ready pods of another proven version serve beside the stable one, as after a native promotion. */
function isHelped({ replicaSets, held }: Snapshot): boolean {
  return replicaSets.some(
    (set) => hashOf(set) !== held.stable && (set.status?.readyReplicas ?? 0) > 0 && !isUnproven(set),
  );
}
