import type { RouteFilter, RouteRule } from "../../kube/core/routes.ts";

/**
 * The matches of a rule in as many groups as it takes rules for them: where a filter replaces the matched prefix, the
 * Gateway API allows one match only.
 */
export function groupedFor<T>(rule: RouteRule, matches: readonly T[]): readonly (readonly T[])[] {
  if (rewritesPrefix(rule)) return matches.map((match) => [match]);
  return matches.length === 0 ? [] : [matches];
}

function rewritesPrefix({ filters, backendRefs = [] }: RouteRule): boolean {
  return (
    [filters, ...backendRefs.map((ref) => ref.filters)]
      // Admission sees routes before the API server has checked their schema.
      .flatMap((list): readonly RouteFilter[] => (Array.isArray(list) ? list : []))
      .some((filter) =>
        [filter.urlRewrite, filter.requestRedirect].some(
          (change) => change?.path?.type === "ReplacePrefixMatch",
        ),
      )
  );
}
