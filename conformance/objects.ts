import type { Kube } from "../kube/client/api.ts";
import { ifNotFound, isConflict, isNotFound } from "../kube/client/errors.ts";
import { messageOf } from "../kube/core/error-message.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import { deployments, grpcRoutes, httpRoutes, type Resource, services } from "../kube/core/resources.ts";
import type { ParentRef, RouteKind } from "../kube/core/routes.ts";
import { echoProgram } from "./echo-program.ts";

/** The versions of the check. Each has a Deployment of one pod, and a Service. */
export const checkVersions = ["v1", "v2"] as const;

export type CheckVersion = (typeof checkVersions)[number];

/** The ports of the Services. */
const PORTS = { HTTPRoute: 80, GRPCRoute: 9090 } as const;
/** The label of every object of the check: what has it may be deleted. */
export const CHECK_LABEL = "serin.dev/gateway-check";
/** The kinds of its objects, in the order in which they are deleted: no route may lead to a Service that is gone. */
const KINDS = { HTTPRoute: httpRoutes, GRPCRoute: grpcRoutes, Service: services, Deployment: deployments };
const POD_LABEL = "serin.dev/gateway-check-version";

/** An object of the check, as it is created. */
export interface CheckObject {
  readonly resource: Resource;
  readonly kind: keyof typeof KINDS;
  readonly name: string;
  readonly body: object;
}

/**
 * The Deployments and the Services. `image` needs `node` on its PATH; `run` tells the pods of this check from those of one that was
 * killed, which may still be ending.
 */
export function checkedWorkloads(image: string, run: string): readonly CheckObject[] {
  return checkVersions.flatMap((version) => [
    checkObject("Deployment", nameOf(version), "apps/v1", deploymentSpec(version, image, run)),
    checkObject("Service", nameOf(version), "v1", {
      selector: { [POD_LABEL]: `${version}-${run}` },
      ports: [
        { name: "http", port: PORTS.HTTPRoute, targetPort: "http" },
        // Without the field, a gateway would speak HTTP/1.1 to the pods.
        { name: "grpc", port: PORTS.GRPCRoute, targetPort: "grpc", appProtocol: "kubernetes.io/h2c" },
      ],
    }),
  ]);
}

/** A route of the Gateway `parent` that gives both versions half of the requests for `host`. */
export function checkedRoute(
  kind: RouteKind,
  { parent, host }: { readonly parent: ParentRef; readonly host: string },
): CheckObject {
  // A gateway may write one status only for two routes of the same name.
  const name = kind === "GRPCRoute" ? "serin-check-grpc" : "serin-check";
  const backendRefs = checkVersions.map((version) => backendOf(kind, version, 50));
  const spec = { parentRefs: [parent], hostnames: [host], rules: [{ backendRefs }] };
  return checkObject(kind, name, "gateway.networking.k8s.io/v1", spec);
}

/** A backend of a rule. */
export function backendOf(kind: RouteKind, version: CheckVersion, weight: number) {
  return { name: nameOf(version), port: PORTS[kind], weight };
}

/** Deletes every object of a check in the namespace; returns their names. Throws once, if it cannot delete some. */
export async function sweepCheck(kube: Kube, namespace: string): Promise<readonly string[]> {
  const [swept, left, causes]: [string[], string[], unknown[]] = [[], [], []];
  for (const [kind, resource] of Object.entries(KINDS)) {
    // A cluster may not have every kind of route.
    const { items } = await kube
      .list<KubeObject>(resource, { namespace }, { labelSelector: CHECK_LABEL })
      .catch(ifNotFound({ items: [] }))
      .catch((error: unknown) => {
        left.push(`each ${kind}`);
        causes.push(error);
        return { items: [] };
      });
    for (const { metadata } of items) {
      const { name, uid } = metadata;
      try {
        await kube.delete(resource, { namespace, name }, { uid });
        swept.push(`${kind} ${name}`);
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) continue;
        left.push(`${kind} ${name}`);
        causes.push(error);
      }
    }
  }
  if (left.length === 0) return swept;
  const plurals = Object.values(KINDS).map(({ plural }) => plural);
  throw new Error(
    `these objects of the check are left in namespace ${namespace}: ${left.join(", ")}: ${messageOf(causes[0])}; delete them by kubectl delete ${plurals.join(",")} -n ${namespace} -l ${CHECK_LABEL}`,
    { cause: causes[0] },
  );
}

function nameOf(version: CheckVersion): string {
  return `serin-check-${version}`;
}

function checkObject(kind: keyof typeof KINDS, name: string, apiVersion: string, spec: object): CheckObject {
  const metadata = { name, labels: { [CHECK_LABEL]: "true" } };
  return { resource: KINDS[kind], kind, name, body: { apiVersion, kind, metadata, spec } };
}

function deploymentSpec(version: CheckVersion, image: string, run: string): object {
  const labels = { [POD_LABEL]: `${version}-${run}` };
  const container = {
    name: "echo",
    image,
    command: ["node", "-e", echoProgram, version],
    ports: [
      { name: "http", containerPort: 8080 },
      { name: "grpc", containerPort: 9090 },
    ],
    readinessProbe: { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 1 },
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "128Mi" } },
    // What a namespace with the restricted Pod Security Standard asks for.
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    },
  };
  const securityContext = {
    runAsNonRoot: true,
    runAsUser: 65_532,
    seccompProfile: { type: "RuntimeDefault" },
  };
  const spec = { automountServiceAccountToken: false, securityContext, containers: [container] };
  return { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } };
}
