import type { FieldMatch, RouteRule, RuleMatch } from "../../kube/core/routes.ts";
import { type Match, matchesOf } from "../../rollout/traffic/matches.ts";

/** The parts of a request that routes match; names of headers are in lower case. */
export interface Request {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/** The index of the rule that serves the request by the Gateway API's precedence; -1 if none does. */
export function serve(rules: readonly RouteRule[], request: Request): number {
  const candidates = rules.flatMap((rule, index) =>
    matchesOf(rule)
      .filter((match) => takes(match, request))
      .map((match) => ({ index, rank: rankOf(match) })),
  );
  const sorted = candidates.toSorted((a, b) => compare(b.rank, a.rank));
  return sorted[0]?.index ?? -1;
}

/** Whether the request fulfils every part of a match. */
function takes(match: RuleMatch, request: Request): boolean {
  return (
    takesPath(match.path ?? {}, request.path) &&
    (match.method === undefined || match.method === request.method) &&
    fulfils(match, request)
  );
}

/** Whether the request has the headers and query parameters. */
export function fulfils({ headers = [], queryParams = [] }: Match, request: Request): boolean {
  return (
    headers.every((field) => hasField(field, request.headers[field.name.toLowerCase()])) &&
    queryParams.every((field) => hasField(field, request.query[field.name]))
  );
}

function takesPath(
  { type = "PathPrefix", value = "/" }: NonNullable<RuleMatch["path"]>,
  path: string,
): boolean {
  if (type === "Exact") return path === value;
  const prefix = value.replace(/\/$/, "");
  return path === prefix || path.startsWith(`${prefix}/`);
}

function hasField({ type = "Exact", value }: FieldMatch, actual: string | undefined): boolean {
  if (actual === undefined) return false;
  return type === "Exact" ? actual === value : new RegExp(value).test(actual);
}

/** Precedence: an exact path, the length of the prefix, method, headers, query parameters; then the order in the list. */
function rankOf({ path, method, headers = [], queryParams = [] }: RuleMatch): readonly number[] {
  const exact = path?.type === "Exact";
  const length = exact ? 0 : (path?.value ?? "/").length;
  return [exact ? 1 : 0, length, method === undefined ? 0 : 1, headers.length, queryParams.length];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((rank, i) => rank !== b[i]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}
