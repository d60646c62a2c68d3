import { HASH_LABEL } from "../keys.ts";
import { instant } from "../text/instant.ts";
import { isTurnedFrom } from "../traffic/turn.ts";
import { writeTurnBack } from "../traffic/writes.ts";
import { hashOf } from "../workload/template.ts";
import { type Decision, unlessDone } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Turns back a Service that the promotion had turned to the new version, whose pods have another port or protocol. It leads to
 * one version at a time, so it waits for that of which more pods are ready.
 */
export function turnBack(snapshot: Snapshot): Decision | undefined {
  const { uid, held, now } = snapshot;
  const readyOf = (hash: string | undefined) =>
    snapshot.replicaSets.find((set) => hashOf(set) === hash)?.status?.readyReplicas ?? 0;
  const turned = snapshot.services.filter(
    (service) =>
      isTurnedFrom(service, held.stable) &&
      readyOf(held.stable) >= Math.max(1, readyOf(service.spec.selector?.[HASH_LABEL])),
  );
  return unlessDone(turned.map((service) => writeTurnBack(service, uid, held.stable, instant(now))));
}
