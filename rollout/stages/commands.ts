import { revisionInFlight } from "../workload/revision.ts";
import type { Snapshot } from "./snapshot.ts";

/** The command that gives this order about the revision in flight. */
export function orderCommand(
  { deployment, canary }: Pick<Snapshot, "deployment" | "canary">,
  order: "promote" | "abort" | "retry",
) {
  const revision = revisionInFlight(deployment, canary);
  return `kubectl annotate deployment/${deployment.metadata.name} serin.dev/${order}=${revision}`;
}
