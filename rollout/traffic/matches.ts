import type { FieldMatch, RouteKind, RouteRule, RuleMatch } from "../../kube/core/routes.ts";
import { equal } from "../text/equal.ts";

/** The conditions that a request must fulfil, all of them. */
export interface Match {
  readonly headers?: readonly FieldMatch[];
  readonly queryParams?: readonly FieldMatch[];
}

/** A rule's matches. A rule without matches takes every request. */
export function matchesOf({ matches = [] }: RouteRule): readonly RuleMatch[] {
  return matches.length > 0 ? matches : [{}];
}

/**
 * The match that a request fulfils if it fulfils both. `never`: no request can. `unknown`: the Gateway API cannot express the
 * match, because a match may name a header only once.
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
 * Whether a request may fulfil both matches, and `first` takes it because it names more. If the paths or methods differ, they
 * decide the precedence, whatever headers are added to either match.
 */
export function outranks(first: RuleMatch, second: RuleMatch, earlier: boolean): boolean {
  if (!namesMore(first, second, earlier)) return false;
  const alike = equal(pathOf(first), pathOf(second)) && equal(first.method, second.method);
  return alike && !areDisjoint(first, second);
}

/** Whether the first match names more headers, or as many headers and more query parameters. Equals: the earlier rule. */
export function namesMore(first: Match, second: Match, earlier: boolean): boolean {
  const headers = count(first.headers) - count(second.headers);
  const queryParams = count(first.queryParams) - count(second.queryParams);
  return headers > 0 || (headers === 0 && (queryParams > 0 || (queryParams === 0 && earlier)));
}

function areDisjoint(a: RuleMatch, b: RuleMatch): boolean {
  return both(a, b, "HTTPRoute") === "never";
}

/** A slash at the end of a prefix has no meaning, and some implementations do not count it. */
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
      // Serin must not evaluate a tenant's expression, so its conjunction with another one stays unknown.
      isUnknown = true;
    }
  }
  return isUnknown ? "unknown" : joined;
}

function typeOf({ type = "Exact" }: FieldMatch): string {
  return type;
}
