import type { Deployment } from "../kube/core/workloads.ts";
import { changesTemplate } from "../rollout/admission/admit.ts";
import { HELD } from "../rollout/keys.ts";
import type { AdmissionRequest } from "./review.ts";

/** How long (ms) the API server waits for plan.serin.dev. */
const PLAN_MS = 5_000;

/**
 * Whether the API server goes on without an answer about a Deployment: plan.serin.dev has failurePolicy Ignore and waits the
 * shortest, so a review that sends the request away would be a refusal there. The other webhooks wait as briefly where the
 * client's own time runs out, as at the last admission of a slow undo. plan.serin.dev is not asked about another version in
 * flight, nor about one of an opted-in Deployment outside kube-system (deploy/webhook.yaml, not-answered).
 */
export function isDispensable(request: AdmissionRequest<Deployment>): boolean {
  const { object, oldObject, namespace, timeoutMs = Number.POSITIVE_INFINITY } = request;
  if (timeoutMs > PLAN_MS) return false;
  if (oldObject === null || !changesTemplate(object, oldObject)) return true;
  const isInFlight = HELD in (oldObject.metadata.annotations ?? {});
  const isOptedIn = "serin.dev/rollout" in (object.metadata.annotations ?? {});
  return !isInFlight && (!isOptedIn || namespace === "kube-system");
}
