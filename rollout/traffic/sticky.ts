import type { BackendRef, HeaderModifier, RouteFilter } from "../../kube/core/routes.ts";
import { literal } from "../text/literal.ts";
import { isRecord } from "../text/parse.ts";
import type { Match } from "./matches.ts";

/** The cookie that keeps users at the version that they got. */
export interface Sticky {
  /** The cookie's name. */
  readonly cookie: string;
  /** New with every rollout, so that the cookies of an earlier rollout have no effect. */
  readonly id: string;
  /** How long users keep their version after their last request, in seconds. */
  readonly seconds: number;
}

/** Whether a JSON value is a valid `Sticky`. */
export function isSticky(value: unknown): value is Sticky {
  return (
    isRecord(value) &&
    typeof value.cookie === "string" &&
    typeof value.id === "string" &&
    typeof value.seconds === "number"
  );
}

export type Version = "canary" | "stable";

const HEADER = "Set-Cookie";
/** Expressions for other cookies before, between and after those that a request must have. */
const [BEFORE, BETWEEN, AFTER] = [String.raw`(.*;\s*)?`, String.raw`;(.*;)?\s*`, "(;.*)?"];

/** Requests that carry the cookie of that version. */
export function cookieOf({ cookie, id }: Sticky, version: Version): Match {
  return { headers: [cookieHeader([[literal(cookie), literal(`${id}-${version}`)]])] };
}

/** A match on requests with all of these cookies: name and value, each an expression. */
export function cookieHeader(cookies: readonly (readonly [name: string, value: string])[]) {
  const orders = permutations(cookies.map(([name, value]) => `${name}=${value}`));
  // In any order and among other cookies. Anchored, because some implementations match a whole value and others search in it.
  const alternatives = orders.map((order) => `${BEFORE}${order.join(BETWEEN)}${AFTER}`);
  const value =
    alternatives.length === 1
      ? `^${alternatives[0]}$`
      : `^(${alternatives.map((it) => `(${it})`).join("|")})$`;
  return { type: "RegularExpression", name: "Cookie", value } as const;
}

/** The cookies of an expression from `cookieHeader`, in the given order; `undefined` for any other expression. */
export function cookiesIn(value: string): readonly string[] | undefined {
  const [from, to] = [value.indexOf(BEFORE), value.indexOf(AFTER)];
  return from < 0 || to < from ? undefined : value.slice(from + BEFORE.length, to).split(BETWEEN);
}

/** The backend with a response that sets the cookie, merged into the user's own filter: a backend may have only one. */
export function withCookie(ref: BackendRef, { cookie, id, seconds }: Sticky, version: Version): BackendRef {
  const value = `${cookie}=${id}-${version}; Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Lax`;
  const { filters = [] } = ref;
  const own = filters.find(({ type }) => type === "ResponseHeaderModifier");
  if (own === undefined) {
    const filter = {
      type: "ResponseHeaderModifier",
      responseHeaderModifier: { add: [{ name: HEADER, value }] },
    };
    return { ...ref, filters: [...filters, filter] };
  }
  // A filter may name a header only once, so the user's own cookie stays.
  if (handlesCookies(own.responseHeaderModifier)) return ref;
  const add = [...(own.responseHeaderModifier?.add ?? []), { name: HEADER, value }];
  const merged = { ...own, responseHeaderModifier: { ...own.responseHeaderModifier, add } };
  return { ...ref, filters: filters.map((filter) => (filter === own ? merged : filter)) };
}

/** The backend without Serin's cookie; the rest of its filter stays. */
export function withoutCookie(ref: BackendRef, { cookie }: Sticky): BackendRef {
  const filters = (ref.filters ?? []).flatMap((filter) => {
    const modifier = filter.responseHeaderModifier;
    const add = modifier?.add?.filter(
      ({ name, value }) => name !== HEADER || !value.startsWith(`${cookie}=`),
    );
    if (modifier === undefined || add?.length === modifier.add?.length) return [filter];
    const { add: _add, ...others } = modifier;
    const rest = { ...others, ...(add?.length && { add }) };
    return Object.keys(rest).length === 0 ? [] : [{ ...filter, responseHeaderModifier: rest }];
  });
  const { filters: _filters, ...bare } = ref;
  return filters.length === 0 ? bare : { ...bare, filters };
}

/** Whether the user's filters (of a backend or a rule) touch `Set-Cookie`, so that Serin's cookie could not pass. */
export function touchesCookies(filters: readonly RouteFilter[] = []): boolean {
  return filters.some(({ responseHeaderModifier }) => handlesCookies(responseHeaderModifier));
}

function handlesCookies({ add = [], set = [], remove = [] }: HeaderModifier = {}): boolean {
  const names = [...add.map(({ name }) => name), ...set.map(({ name }) => name), ...remove];
  return names.some((name) => name.toLowerCase() === HEADER.toLowerCase());
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
