import { givenBack, type Held } from "./hold.ts";
import type { Deployment, ReplicaSet } from "./objects.ts";
import { hashOf, onlyTemplate } from "./template.ts";
import { type Write, writeEnd, writeHeld } from "./write.ts";

/**
 * Ends a Deployment's rollout without Serin: a version in its native promotion was proven and goes on; any other gives way
 * to the stable one. `undefined` where the stable ReplicaSet is gone: then only a person can say what should serve.
 */
export function endRollout(
  deployment: Deployment,
  held: Held,
  replicaSets: readonly ReplicaSet[],
): Write[] | undefined {
  if (held.phase === "promoting" || held.phase === "undone") return [writeEnd(deployment)];
  const stable = replicaSets.find((set) => hashOf(set) === held.stable);
  if (stable === undefined) return undefined;
  const spec = {
    ...givenBack(held.originals),
    template: onlyTemplate(stable),
    ...(held.latched ? { paused: held.originals.paused } : {}),
  };
  const undone: Held = { ...held, phase: "undone" };
  return [writeHeld(deployment, undone, spec)];
}
