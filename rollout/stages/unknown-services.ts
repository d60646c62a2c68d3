import type { Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";
import { waitingFor } from "./wait.ts";

/** How often Serin looks whether it knows all Services again, in ms: no watch reports the end of an unknown one. */
const LOOK_MS = 5_000;

/**
 * Waits while Serin does not know all Services of the namespace and their routes: a route may name an unknown one, which leads to the
 * canary's pods beside every weight. The canary keeps the weight that it has, and every stage that takes weight comes before this one.
 */
export function awaitServices({ lacksServices, deployment }: Snapshot): Decision | undefined {
  if (lacksServices !== true) return undefined;
  const { namespace } = deployment.metadata;
  const message = `the Services of namespace ${namespace} or their routes are too long together: make them shorter or fewer`;
  return { writes: [], condition: waitingFor("person", message), waitMs: LOOK_MS };
}
