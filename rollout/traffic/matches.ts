import type { FieldMatch, RouteKind, RouteRule, RuleMatch } from "../../kube/core/routes.ts";
import { equal } from "../text/equal.ts";

/** A request that fulfils all of these. */
export interface Match {
  readonly headers?: readonly FieldMatch[];
  readonly queryParams?: readonly FieldMatch[];
}

/** A rule's matches; one without any takes every request. */
export function matchesOf({ matches = [] }: RouteRule): readonly RuleMatch[] {
  return matches.length > 0 ? matches : [{}];
}

/**
 * The match that fulfils both. `never`: no request can; `unknown`: the Gateway API has no words for it, as a header may
 * stand in a match once only.
 */
export function both(rule: RuleMatch, match: Match, kind: RouteKind): RuleMatch | "never" | "unknown" {
  if (kind === "GRPCRoute" && match.queryParams?.length) return "unknown";
  const headers = join(rule.headers ?? [], match.headers ?? [], (name) => name.toLowerCase());
  const queryParams = join(rule.queryParams ?? [], match.queryParams ?? [], (name) => name);
  if (headers === "never" || queryParams === "never") return "never";
  if (headers === "unknown" || queryParams === "unknown") return "unknown";
  const { headers: _headers, queryParams: _queryParams, ...rest } = rule;
  return {
    ...rest,
    ...(headers.length > 0 && { headers }),
    ...(queryParams.length > 0 && { queryParams }),
  };
}

/**
 * Whether a request may fulfil both, and `first` takes it because it names more. Paths and methods that differ settle it by
 * themselves, whatever headers are added to either.
 */
export function outranks(first: RuleMatch, second: RuleMatch, earlier: boolean): boolean {
  if (!namesMore(first, second, earlier)) return false;
  const alike = equal(pathOf(first), pathOf(second)) && equal(first.method, second.method);
  return alike && !areDisjoint(first, second);
}

/** Whether the first names more headers, or as many and more query parameters; of equals the earlier rule does. */
export function namesMore(first: Match, second: Match, earlier: boolean): boolean {
  const headers = count(first.headers) - count(second.headers);
  const queryParams = count(first.queryParams) - count(second.queryParams);
  return headers > 0 || (headers === 0 && (queryParams > 0 || (queryParams === 0 && earlier)));
}

function areDisjoint(a: RuleMatch, b: RuleMatch): boolean {
  return both(a, b, "HTTPRoute") === "never";
}

/** A slash at the end of a prefix means nothing, and some implementations do not count it. */
function pathOf({ path }: RuleMatch): object {
  const { type = "PathPrefix", value = "/" } = path ?? {};
  return { type, value: type === "PathPrefix" ? value.replace(/\/$/, "") : value };
}

function count(fields: readonly FieldMatch[] | undefined): number {
  return fields?.length ?? 0;
}

function join(
  own: readonly FieldMatch[],
  more: readonly FieldMatch[],
  nameOf: (name: string) => string,
): readonly FieldMatch[] | "never" | "unknown" {
  const joined = [...own];
  let isUnknown = false;
  const byName = new Map(own.map((field) => [nameOf(field.name), field]));
  for (const field of more) {
    const present = byName.get(nameOf(field.name));
    if (present === undefined) joined.push(field);
    else if (present.value !== field.value || typeOf(present) !== typeOf(field)) {
      if (typeOf(present) === "Exact" && typeOf(field) === "Exact") return "never";
      // Nobody evaluates a tenant's expression here: what it means together with another one stays open.
      isUnknown = true;
    }
  }
  return isUnknown ? "unknown" : joined;
}

function typeOf({ type = "Exact" }: FieldMatch): string {
  return type;
}
