import type { Backend } from "./backend.ts";
import { anyPair, literal } from "./pattern.ts";

/** The key of a backend that metrics name by its Service. */
export function serviceKey({ namespace, service }: Pick<Backend, "namespace" | "service">): string {
  return `${namespace}/${service}`;
}

/** The keys of a backend that metrics name by its Service and the Service's port: one for each port that the route names. */
export function portKeys(backend: Backend): readonly string[] {
  const keys = backend.refs.map(({ port = "" }) => `${serviceKey(backend)}/${port}`);
  return keys.length === 0 ? [`${serviceKey(backend)}/`] : [...new Set(keys)];
}

/** A pattern for the Services of these backends, where one label joins namespace and name by a separator. */
export function servicePattern(backends: readonly Backend[], separator: string): string {
  return anyPair(
    backends.map(({ namespace, service }) => [literal(namespace) + separator, literal(service)] as const),
  );
}

/** The key from a pattern's groups 1 and 2: namespace and name. Without a match, no key. */
export function serviceKeys(found: RegExpExecArray | null): readonly string[] {
  const [, namespace = "", service = ""] = found ?? [];
  return found === null ? [] : [serviceKey({ namespace, service })];
}

/** The keys from groups 1, 2 and 3: namespace, name and port. Serin may not know the port of a backend. */
export function servicePortKeys(found: RegExpExecArray | null): readonly string[] {
  const [, , , port = ""] = found ?? [];
  return serviceKeys(found).flatMap((key) => [`${key}/${port}`, `${key}/`]);
}
