import type { Deployment } from "../../kube/core/workloads.ts";

/** Clients that write manifests, with a patch of what differs or with the whole object. */
const APPLIERS = /^(kubectl-(client-side-apply|replace|create)|helm|argocd)/;

/** Whether the client that writes under this name applies a manifest. It may do so again and again without a person. */
export function isApplied({ metadata }: Deployment, manager = ""): boolean {
  const isServerSide = metadata.managedFields?.some(
    (entry) => entry.manager === manager && entry.operation === "Apply",
  );
  return isServerSide === true || APPLIERS.test(manager);
}
