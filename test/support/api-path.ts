import type { Resource } from "../../kube/core/resources.ts";

/** The name of a collection: `group/version/plural`. */
export function collectionOf({ group, version, plural }: Resource): string {
  return `${group}/${version}/${plural}`;
}

/** The collection, the namespace and the name in a path of the API server; "" where it has none. */
export function parsePath(path: string) {
  const parts = path.split("/").slice(1).map(decodeURIComponent);
  const [group, version] = parts[0] === "api" ? ["", parts[1]] : [parts[1], parts[2]];
  const rest = parts.slice(group ? 3 : 2);
  const inNamespace = rest[0] === "namespaces" && rest.length > 2;
  const [plural, name = ""] = inNamespace ? rest.slice(2) : rest;
  return { collection: `${group}/${version}/${plural}`, namespace: inNamespace ? (rest[1] ?? "") : "", name };
}
