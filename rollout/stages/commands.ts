import type { Snapshot } from "./snapshot.ts";

/** The command that gives this order about the revision in flight. */
export function orderCommand(
  { deployment }: Pick<Snapshot, "deployment">,
  order: "promote" | "abort" | "retry",
) {
  const { name, annotations } = deployment.metadata;
  const revision = annotations?.["deployment.kubernetes.io/revision"];
  return `kubectl annotate deployment/${name} serin.dev/${order}=${revision}`;
}
