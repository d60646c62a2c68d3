import { isHeadless, type Service } from "../../kube/core/services.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { COPIED, FLIGHT, HASH_LABEL, HELD } from "../keys.ts";
import { copiedKeys } from "./copied-keys.ts";
import { wantedAnnotations } from "./protocol-annotations.ts";
import { copiedSpec, formatCopied } from "./service-copy.ts";
import { selectorOf } from "./service-record.ts";
import { wantedPorts } from "./target-ports.ts";

const NAME_LIMIT = 63;

/** The name of the Service that carries the canary's share: `<service>-canary`, shortened to what the API allows. */
export function canaryServiceName(service: string): string {
  const whole = `${service}-canary`;
  if (whole.length <= NAME_LIMIT) return whole;
  const digest = fingerprint(service);
  return `${service.slice(0, NAME_LIMIT - digest.length - "--canary".length)}-${digest}-canary`;
}

/** FNV-1a, 32 bits, in hexadecimal: keeps long names distinct that begin alike. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** The Deployment of its rollout owns a canary Service. It may own a user's Service, too, but that one has a record. */
export function isCanaryService(service: Service): boolean {
  const uid = service.metadata.labels?.[FLIGHT];
  if (service.metadata.annotations?.[HELD] !== undefined) return false;
  return service.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
}

/**
 * The canary Service of a Service: whatever tells a gateway, a mesh, a policy or a scraper how to reach the pods is the same,
 * and it selects the canary's pods. It has no address or node port of the user's Service: one load balancer is enough. The
 * Deployment owns it, so that Kubernetes deletes it with the Deployment.
 */
export function canaryServiceOf(service: Service, deployment: Deployment, hash: string): Service {
  const { name, namespace } = service.metadata;
  const selector = selectorOf(service);
  const labels = copiedKeys(service.metadata.labels, selector);
  const annotations = copiedKeys(wantedAnnotations(service), selector);
  const spec = {
    ...copiedSpec(service),
    ports: wantedPorts(service).map(({ nodePort: _nodePort, ...port }) => port),
  };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: canaryServiceName(name),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, [FLIGHT]: deployment.metadata.uid ?? "" },
      annotations: { ...annotations, [COPIED]: formatCopied(labels, annotations, spec) },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          name: deployment.metadata.name,
          uid: deployment.metadata.uid ?? "",
        },
      ],
    },
    spec: {
      ...spec,
      type: "ClusterIP",
      ...(isHeadless(service) && { clusterIP: "None" }),
      selector: { ...selector, [HASH_LABEL]: hash },
    },
  };
}
