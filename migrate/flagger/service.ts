import type { KubeObject } from "../../kube/core/meta.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { metadataOf } from "../conversion.ts";
import { differs, type Note, notCarried } from "../note.ts";
import type { CanaryService } from "./canary.ts";

/** The application that a Canary is about. `deployment` is absent if it is not among the files. */
export interface CanaryTarget {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly deployment: Deployment | undefined;
}

/** Names of containers whose ports Flagger does not publish. */
const PROXIES = ["istio-proxy", "envoy"];

/** The Service that Flagger made, as its user would write it: with the selector of the Deployment. */
export function apexService(
  service: CanaryService,
  { name: target, namespace, deployment }: CanaryTarget,
): { readonly object: KubeObject; readonly notes: readonly Note[] } {
  const { name = target, apex, headless, trafficDistribution } = service;
  const labels = deployment?.spec?.selector?.matchLabels;
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadataOf(name, namespace, apexOf(apex)),
    spec: {
      selector: labels ?? { app: target },
      ...(headless && { clusterIP: "None" }),
      ...(trafficDistribution !== undefined && { trafficDistribution }),
      ports: [mainPort(service), ...furtherPorts(service, deployment)],
    },
  };
  const guessed = differs(
    "spec.targetRef",
    `the Service selects app: ${target}: compare it with the Deployment's selector`,
  );
  return {
    object,
    notes: [
      ...(labels === undefined ? [guessed] : []),
      ...(service.portDiscovery && deployment === undefined
        ? [
            notCarried(
              "spec.service.portDiscovery",
              "the Deployment is not among the files: add the other ports yourself",
            ),
          ]
        : []),
    ],
  };
}

/** The labels and annotations that Flagger puts on the Service and on the route. */
export function apexOf({ labels, annotations }: NonNullable<CanaryService["apex"]> = {}) {
  return { ...(labels && { labels }), ...(annotations && { annotations }) };
}

function mainPort({ port = 80, portName = "http", targetPort = port, appProtocol }: CanaryService) {
  return { name: portName, port, targetPort, ...(appProtocol !== undefined && { appProtocol }) };
}

function furtherPorts(
  { port, targetPort = port, portDiscovery }: CanaryService,
  deployment: Deployment | undefined,
) {
  if (!portDiscovery) return [];
  const containers = deployment?.spec?.template?.spec?.containers ?? [];
  return containers
    .filter(({ name }) => !PROXIES.includes(String(name)))
    .flatMap(({ name: container, ports = [] }) =>
      ports.map(({ name, containerPort }, i) => ({
        name: name ?? `tcp-${container}-${i}`,
        port: Number(containerPort),
        targetPort: Number(containerPort),
      })),
    )
    .filter((one) => one.port !== targetPort && one.name !== targetPort && one.port !== port);
}
