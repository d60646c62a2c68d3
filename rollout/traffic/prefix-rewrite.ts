import type { RouteFilter, RouteRule } from "../../kube/core/routes.ts";

/**
 * The matches of a rule in groups, one for each rule that they need: if a filter replaces the matched prefix, the Gateway API
 * allows only one match in a rule.
 */
export function groupedFor<T>(rule: RouteRule, matches: readonly T[]): readonly (readonly T[])[] {
  if (rewritesPrefix(rule)) return matches.map((match) => [match]);
  return matches.length === 0 ? [] : [matches];
}

function rewritesPrefix({ filters, backendRefs = [] }: RouteRule): boolean {
  return (
    [filters, ...backendRefs.map((ref) => ref.filters)]
      // Admission gets routes before the API server has checked their schema, so a list may be any JSON.
      .flatMap((list): readonly RouteFilter[] => (Array.isArray(list) ? list : []))
      .some((filter) =>
        [filter.urlRewrite, filter.requestRedirect].some(
          (change) => change?.path?.type === "ReplacePrefixMatch",
        ),
      )
  );
}
