import { type Parsed, problem, quote } from "../text/parse.ts";

/** A route as the user names it; without a namespace it is the Deployment's. */
export interface RouteName {
  readonly namespace?: string;
  readonly name: string;
}

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** The name of a Service. */
export function parseService(name: string): Parsed<string> {
  return label.test(name) ? { value: name } : problem(`has ${quote(name)}, which is no name of a Service`);
}

/** The name of a profile: of the ConfigMap that it is. */
export function parseProfile(text: string): Parsed<string> {
  const name = text.trim();
  return isSubdomain(name) ? { value: name } : problem("is no name of a ConfigMap");
}

/** The name of a route: `name` or `namespace/name`. */
export function parseRoute(item: string): Parsed<RouteName> {
  const parts = item.split("/");
  const name = parts.pop() ?? "";
  const [namespace, ...rest] = parts;
  const placed = namespace === undefined || label.test(namespace);
  if (!isSubdomain(name) || !placed || rest.length > 0)
    return problem(`has ${quote(item)}, which is no name of a route`);
  return { value: namespace === undefined ? { name } : { namespace, name } };
}

function isSubdomain(name: string): boolean {
  return name.length <= 253 && name.split(".").every((part) => label.test(part));
}
