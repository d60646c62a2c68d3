import type { BackendRef, RouteFilter, RouteRule } from "../../kube/core/routes.ts";
import { type RouteRecord, shareFor } from "./route-record.ts";

/** The rule with copies of its requests to each canary Service whose share asks for them. The gateway drops the responses. */
export function mirrored(
  rule: RouteRule,
  refs: readonly BackendRef[],
  shares: RouteRecord["shares"],
  namespace: string,
): RouteRule {
  const filters = refs.flatMap((ref) => {
    const share = shareFor(ref, shares, namespace);
    if (share?.mirror === undefined) return [];
    const percent = Math.round(share.mirror * weightShareOf(ref, refs));
    return percent === 0
      ? []
      : [mirrorTo({ ...ref, name: share.canaryServices[ref.name] ?? ref.name }, percent)];
  });
  if (filters.length === 0) return rule;
  return { ...rule, filters: [...(rule.filters ?? []), ...filters] };
}

/** The rule without the copies to canary Services. */
export function withoutMirrors(rule: RouteRule, isOurs: (ref: BackendRef) => boolean): RouteRule {
  const { filters, ...rest } = rule;
  if (filters === undefined) return rule;
  const kept = filters.filter(({ requestMirror }) => !(requestMirror && isOurs(requestMirror.backendRef)));
  return kept.length === 0 ? rest : { ...rest, filters: kept };
}

/** The share (0 to 1) of a rule's requests that its weights give to one backend: a mirror copies from all of them. */
export function weightShareOf(ref: BackendRef, refs: readonly BackendRef[]): number {
  const sum = refs.reduce((all, { weight = 1 }) => all + weight, 0);
  return sum === 0 ? 0 : (ref.weight ?? 1) / sum;
}

function mirrorTo({ group, kind, name, namespace, port }: BackendRef, percent: number): RouteFilter {
  const backendRef = {
    ...(group !== undefined && { group }),
    ...(kind !== undefined && { kind }),
    name,
    ...(namespace !== undefined && { namespace }),
    ...(port !== undefined && { port }),
  };
  // Every implementation of mirrors copies all requests; `percent` came later to the Gateway API.
  return { type: "RequestMirror", requestMirror: { backendRef, ...(percent < 100 && { percent }) } };
}
