import type { Deployment } from "../../kube/core/workloads.ts";
import { admitDeployments } from "../../webhook/deployments.ts";
import type { AdmissionRequest, ReviewResponse } from "../../webhook/review.ts";
import { hastyClock } from "./clock.ts";
import { noLog } from "./log.ts";
import type { Followed } from "./route-index.ts";

/** Asks the webhook about the update of a Deployment. `more`: other fields of the request. */
export async function askWebhook(
  { kube, index }: Pick<Followed, "kube" | "index">,
  object: Deployment,
  oldObject: Deployment,
  more: Partial<AdmissionRequest> = {},
): Promise<ReviewResponse> {
  const needs = { kube, index, namespace: "serin-system", hookHosts: [], clock: hastyClock, log: noLog };
  const kind = { group: "apps", version: "v1", kind: "Deployment" };
  const request = { uid: "u", kind, operation: "UPDATE", object, oldObject, ...more };
  return admitDeployments(needs)(request as unknown as AdmissionRequest<Deployment>);
}
