import { newest, type Provider, ProviderError, type Reading, type Window } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { credentialsOf, type Settings } from "./settings.ts";

/**
 * Any HTTP endpoint that answers a GET with a number, alone or in JSON. A query is a path below the address, with a
 * JSON pointer (RFC 6901) behind `#` where the number is in JSON: `errors?service=web#/data/rate`. Secret: `address`,
 * and `token` or `username` with `password`. The value counts as new: the endpoint says nothing of its age.
 */
export function httpProvider(settings: Settings, context: RequestContext): Provider {
  const base = settings.address();
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const { headers, secrets } = credentialsOf(settings);
  const ask = asking("the endpoint", secrets, context);
  return {
    async read(query, window, signal) {
      const url = below(base, query.trim());
      const pointer = url.hash.slice(1);
      url.hash = "";
      return ask(
        { url, headers },
        (text) => readingOf(at(JSON.parse(text), decodeURIComponent(pointer)), window),
        signal,
      );
    },
  };
}

/** Tenants write queries, so a query must not send the credentials to another address than the administrator's. */
function below(base: URL, path: string): URL {
  const relative = path.replace(/^[/\\]+/, "");
  const url = URL.canParse(relative, base.href) ? new URL(relative, base) : undefined;
  if (
    url?.origin !== base.origin ||
    !url.pathname.startsWith(base.pathname) ||
    /%2e|%2f|%5c/i.test(url.pathname)
  ) {
    throw new ProviderError("query: not a path below the address of its provider");
  }
  return url;
}

function at(value: unknown, pointer: string): unknown {
  if (pointer === "") return value;
  const names = pointer.replace(/^\//, "").split("/");
  return names
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((rest, name) => {
      if (Array.isArray(rest)) return /^\d+$/.test(name) ? rest[Number(name)] : undefined;
      const inside = typeof rest === "object" && rest !== null && Object.hasOwn(rest, name);
      return inside ? (rest as Readonly<Record<string, unknown>>)[name] : undefined;
    }, value);
}

function readingOf(value: unknown, window: Window): Reading {
  if (value === undefined) return { kind: "missing", reason: "the answer has nothing where the query looks" };
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return {
      kind: "not-a-number",
      reason: `the value is an object; name the number in it by "#/…"`,
    };
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return newest(
    values.map((each) => [{ at: window.at, value: each }]),
    window,
  );
}
