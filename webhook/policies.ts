import type { Kube } from "../kube/client/api.ts";
import { ApiError, isNotFound } from "../kube/client/errors.ts";
import { listNamespace } from "../kube/client/namespace-list.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import type { Policies, Policy } from "../rollout/preflight/policies.ts";
import { type PolicyKind, policyKinds } from "../rollout/preflight/policy-kinds.ts";

/** The namespaces whose policies may concern a rollout. */
export interface PolicyPlaces {
  /** Those of the Services and of the routes. */
  readonly own: readonly string[];
  /** Those of the Gateways. */
  readonly callers: readonly string[];
}

/**
 * Lists the policies of the namespaces of a rollout and of its callers, of every kind in `policyKinds` that the API server serves. A kind that it does not
 * serve costs no request of its own. What it refuses to show is told and does not block admission.
 */
export async function readPolicies(
  kube: Pick<Kube, "discover" | "list">,
  { own, callers }: PolicyPlaces,
): Promise<Policies> {
  const discovered = await kube.discover().catch((error: unknown) => {
    if (error instanceof ApiError) return error;
    throw error;
  });
  // A cluster may take the right to see its kinds, which Kubernetes gives to every account.
  if (discovered instanceof ApiError)
    return { found: [], unread: [`Serin cannot see which kinds the cluster has: ${discovered.message}`] };
  const all = policyKinds.flatMap((kind) => {
    const served = discovered.get(kind.group) ?? [];
    const version = served.find(({ plurals }) => plurals.includes(kind.plural))?.version;
    const namespaces = new Set(kind.ofCaller ? [...own, ...callers] : own);
    return version === undefined ? [] : [...namespaces].map((namespace) => ({ kind, version, namespace }));
  });
  const lists = await Promise.all(
    all.map(async ({ kind, version, namespace }): Promise<Policies> => {
      const resource = { group: kind.group, version, plural: kind.plural };
      try {
        const objects = await listNamespace<KubeObject>(
          kube,
          resource,
          { namespace, resourceVersion: "0" },
          lean,
        );
        return { found: objects.map((object) => policyOf(kind, namespace, object)), unread: [] };
      } catch (error) {
        if (isNotFound(error)) return { found: [], unread: [] };
        if (!(error instanceof ApiError)) throw error;
        return { found: [], unread: [`Serin cannot list ${kind.plural}.${kind.group}: ${error.message}`] };
      }
    }),
  );
  return { found: lists.flatMap(({ found }) => found), unread: lists.flatMap(({ unread }) => unread) };
}

function policyOf(kind: PolicyKind, namespace: string, object: KubeObject): Policy {
  const { name } = object.metadata;
  return { kind: kind.kind, namespace, name, targets: kind.targets(name, namespace, object.spec) };
}

/** What the targets are read from. */
function lean({ metadata: { name }, spec }: KubeObject): KubeObject {
  return { metadata: { name }, spec };
}
