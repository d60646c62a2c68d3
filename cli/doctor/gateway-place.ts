import type { KubeObject } from "../../kube/core/meta.ts";
import type { ParentRef } from "../../kube/core/routes.ts";
import { UsageError } from "../frame/failure.ts";

/** The parts of a Gateway that the check reads. */
export interface GatewayObject extends KubeObject {
  readonly spec: {
    readonly listeners?: readonly {
      readonly name: string;
      readonly protocol: string;
      readonly port: number;
      readonly hostname?: string;
      readonly allowedRoutes?: {
        readonly namespaces?: { readonly from?: string };
        /** Absent: every kind that fits the protocol. */
        readonly kinds?: readonly { readonly group?: string; readonly kind: string }[];
      };
    }[];
  };
  readonly status?: { readonly addresses?: readonly { readonly value?: string }[] };
}

/** The Gateway that the user names: `namespace/name`, or a name in this namespace. Throws a UsageError on any other text. */
export function gatewayNamed(text: string, namespace: string): { namespace: string; name: string } {
  const [first = "", second, ...more] = text.split("/");
  if (first === "" || second === "" || more.length > 0)
    throw new UsageError(
      `--gateway: ${JSON.stringify(text)} is not a valid name: use NAMESPACE/NAME, or NAME for one in ${namespace}`,
    );
  return second === undefined ? { namespace, name: first } : { namespace: first, name: second };
}

/** Where a Gateway takes a route of the check, and where it answers. */
interface GatewayPlace {
  readonly parent: ParentRef;
  readonly url: string;
  /** The domain of the route's host. */
  readonly domain: string;
}

/**
 * The first listener of plain HTTP that takes routes of the namespace, and a host which no route of the users has. `address`: where
 * the Gateway answers; absent: at the address of its status. Throws a UsageError that names what is missing.
 */
export function placeOn(
  { metadata, spec, status }: GatewayObject,
  namespace: string,
  address?: string,
): GatewayPlace {
  const title = `Gateway ${metadata.namespace}/${metadata.name}`;
  const listeners = (spec.listeners ?? []).filter(({ protocol }) => protocol === "HTTP");
  const open = listeners.filter(({ allowedRoutes }) => {
    const { namespaces: { from = "Same" } = {}, kinds = [] } = allowedRoutes ?? {};
    if (kinds.length > 0 && !kinds.some(({ kind }) => kind === "HTTPRoute")) return false;
    // The labels of a namespace need another right; the route's conditions tell whether a selector takes it.
    return from === "All" || from === "Selector" || (from === "Same" && metadata.namespace === namespace);
  });
  const free = open.find(({ hostname = "" }) => hostname === "" || hostname.startsWith("*."));
  if (listeners.length === 0)
    throw new UsageError(`${title} has no listener of the protocol HTTP, and the check speaks no other one`);
  if (open.length === 0)
    throw new UsageError(
      `no HTTP listener of ${title} takes HTTPRoutes of namespace ${namespace}: use -n ${metadata.namespace}, or a listener whose allowedRoutes have namespaces.from: All, and HTTPRoute among the kinds`,
    );
  if (free === undefined) {
    const hosts = open.map(({ hostname }) => hostname).join(", ");
    throw new UsageError(
      `the HTTP listeners of ${title} take ${hosts} alone, and the check needs a host of its own: use a Gateway with a listener for any host or for *.DOMAIN`,
    );
  }
  const value = status?.addresses?.[0]?.value;
  if (address === undefined && value === undefined)
    throw new UsageError(
      `the status of ${title} has no address: say where it answers, such as --address=http://10.0.0.7:${free.port}`,
    );
  const host = value?.includes(":") ? `[${value}]` : value;
  return {
    parent: { namespace: metadata.namespace ?? "", name: metadata.name, sectionName: free.name },
    url: address === undefined ? `http://${host}:${free.port}` : originOf(address),
    domain: free.hostname?.slice(2) ?? "example",
  };
}

/** The URL without what the check does not use. Throws a UsageError if it has more than a trailing slash of that. */
function originOf(address: string): string {
  const { protocol, pathname, search, hash, origin } = new URL(address);
  const rest = `${pathname}${search}${hash}`;
  if (protocol === "http:" && rest === "/") return origin;
  const remedy =
    protocol === "http:" ? `leave out ${rest}` : "use http, because the check does not speak TLS";
  throw new UsageError(`--address: ${JSON.stringify(address)} is not a valid address: ${remedy}`);
}
