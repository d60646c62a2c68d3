import type { LeanRoute } from "../../kube/core/routes.ts";
import type { Backend } from "./metrics/backend.ts";
import type { Pack } from "./metrics/pack.ts";

/** A backend of a route whose series may have a key that a rollout reads. */
export interface Claim {
  readonly key: string;
  /** The backend's Service, `namespace/name`. */
  readonly service: string;
}

/**
 * Finds the backends of a route whose series may have one of these keys. A gateway that joins names writes the same text for
 * two namespaces, so a key alone does not show whose series it is; only the routes of the cluster do.
 */
export function claimsOn(pack: Pack, keys: Iterable<string>): (route: LeanRoute) => readonly Claim[] {
  const { joined } = pack;
  if (joined === undefined) return () => [];
  const byPart = new Map<string, string[]>();
  for (const key of keys) {
    const part = joined.partOf(key);
    byPart.set(part, [...(byPart.get(part) ?? []), key]);
  }
  return (route) => {
    const gateways = gatewaysNamed(route);
    return receiversOf(route).flatMap((backend) =>
      joined
        .partsOf(backend)
        .flatMap((part) => byPart.get(part) ?? [])
        .filter((key) => gateways.some((gateway) => joined.leadsTo(key, backend, gateway)))
        .map((key) => ({ key, service: serviceOf(backend) })),
    );
  };
}

/** The Service of a backend, `namespace/name`. */
export function serviceOf({ namespace, service }: Backend): string {
  return `${namespace}/${service}`;
}

/**
 * Whether a route of the namespace that Serin does not know may send requests to a Service of the namespace whose series have
 * the key.
 */
export function mayClaim({ joined }: Pack, key: string, namespace: string): boolean {
  if (joined === undefined) return false;
  const parts = joined.partsOf({ ...nowhere, namespace, service: "" });
  return parts.includes("") || key.includes(`${namespace}-`);
}

const nowhere = { routeKind: "HTTPRoute", routeNamespace: "", route: "", refs: [], replicaSet: "" } as const;

function receiversOf({ kind, metadata, receivers }: LeanRoute): readonly Backend[] {
  const named = {
    ...nowhere,
    routeKind: kind,
    routeNamespace: metadata.namespace ?? "",
    route: metadata.name,
  };
  return receivers.map((receiver) => {
    const [namespace = "", service = ""] = receiver.split("/");
    return { ...named, namespace, service };
  });
}

/** The parents of a route, as `namespace-name`. A route without any has the cluster's default Gateways. */
function gatewaysNamed({ parents }: LeanRoute): readonly string[] {
  if (parents.length === 0) return ["default-gateway"];
  return parents.map((parent) => parent.split("/").slice(2).join("-"));
}
