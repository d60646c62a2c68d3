import type { Kube } from "../kube/client/api.ts";
import { ifNotFound } from "../kube/client/errors.ts";
import { pods, services } from "../kube/core/resources.ts";
import { formatSelector } from "../kube/core/selector.ts";
import type { Service, ServicePort } from "../kube/core/services.ts";
import type { Pod } from "../kube/core/workloads.ts";

/** Marks the pods that serve paths with a token: `token`. deploy/deployment.yaml sets it. */
const PATH_LABEL = "serin.dev/webhook-path";

/**
 * Whether the webhook's Service leads to a pod of a version that serves only plain paths. A pod without the Service's port is
 * none of its endpoints: an overlay may give the labels of the webhook's pods to the controller's. Reads the pods from the API
 * server: a copy that is behind would make two replicas undo each other's writes.
 */
export async function hasOldPods(kube: Kube, namespace: string, service: string): Promise<boolean> {
  const found = await kube.get<Service>(services, { namespace, name: service }).catch(ifNotFound(undefined));
  const { selector, ports = [] } = found?.spec ?? {};
  if (selector === undefined) return false;
  const labelSelector = formatSelector({ matchLabels: selector });
  const { items } = await kube.list<Pod>(pods, { namespace }, { labelSelector });
  return items.some((pod) => servesPlain(pod) && ports.every((port) => isOpen(port, pod)));
}

/** Whether a change of a pod may change the result of hasOldPods. */
export function concernsPaths(now: Pod | undefined, before: Pod | undefined): boolean {
  return now === undefined || before === undefined || servesPlain(now) !== servesPlain(before);
}

/** A port that is a number leads to every pod. */
function isOpen({ targetPort }: ServicePort, { spec }: Pod): boolean {
  const open = (spec?.containers ?? []).flatMap(({ ports = [] }) => ports.map(({ name }) => name));
  return typeof targetPort !== "string" || open.includes(targetPort);
}

/** A pod that has ended serves nothing. */
function servesPlain({ metadata, status }: Pod): boolean {
  const hasEnded = status?.phase === "Succeeded" || status?.phase === "Failed";
  return !hasEnded && metadata.labels?.[PATH_LABEL] !== "token";
}
