import { isDnsLabel, isDnsSubdomain } from "../text/dns.ts";
import { invalid, type Parsed, problem } from "../text/parse.ts";
import { quote } from "../text/quote.ts";

/** A route as the user names it; without a namespace it is the Deployment's. */
export interface RouteName {
  readonly namespace?: string;
  readonly name: string;
}

/** The name of a Service. */
export function parseService(name: string): Parsed<string> {
  return isDnsLabel(name)
    ? { value: name }
    : problem(`invalid name ${quote(name)}`, "use the name of a Service, such as web");
}

/** The name of a profile, which is that of its ConfigMap. */
export function parseProfile(text: string): Parsed<string> {
  const name = text.trim();
  return isDnsSubdomain(name) ? { value: name } : invalid(text, "use the name of a ConfigMap, such as slow");
}

/** The name of a metric provider, which is that of its Secret. */
export function parseProvider(text: string): Parsed<string> {
  const name = text.trim();
  return isDnsSubdomain(name) ? { value: name } : invalid(text, "use the name of a provider, such as mimir");
}

/** The name of a route: `name` or `namespace/name`. */
export function parseRoute(item: string): Parsed<RouteName> {
  const parts = item.split("/");
  const name = parts.pop() ?? "";
  const [namespace, ...rest] = parts;
  const placed = namespace === undefined || isDnsLabel(namespace);
  if (!isDnsSubdomain(name) || !placed || rest.length > 0)
    return problem(`invalid name ${quote(item)}`, "use the name of a route, such as web or edge/web");
  return { value: namespace === undefined ? { name } : { namespace, name } };
}

/** A route as the user names it: `edge/web`. */
export function describeRoute({ namespace, name }: RouteName): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
