import type { KubeObject } from "./meta.ts";

interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/**
 * Tells as the API server would whether an object is among those selected. Terms are `key`, `!key`, `key=value`,
 * `key!=value` and `key in (a,b)`; throws on any other.
 */
export function matcher({ namespace, labelSelector = "", fieldSelector = "" }: Selection) {
  const labels = parseTerms(labelSelector);
  const fields = parseTerms(fieldSelector);
  return (object: KubeObject): boolean =>
    (!namespace || object.metadata.namespace === namespace) &&
    labels.every((matches) => matches((key) => object.metadata.labels?.[key])) &&
    fields.every((matches) => matches((path) => fieldAt(object, path)));
}

type Term = (look: (key: string) => string | undefined) => boolean;

function parseTerms(selector: string): Term[] {
  // The commas inside of a set separate its values.
  return selector
    .split(/,(?![^(]*\))/)
    .filter(Boolean)
    .map(parseTerm);
}

function parseTerm(text: string): Term {
  const [, name, list] = /^([^\s!=()]+) in \(([^()]+)\)$/.exec(text) ?? [];
  if (name !== undefined) return (look) => list?.split(",").includes(look(name) ?? "") === true;
  const [, not, key = "", operator, value] = /^(!?)([^\s!=()]+)(?:(==|=|!=)([^\s!=()]*))?$/.exec(text) ?? [];
  if (!key) throw new Error(`unsupported selector term: ${text}`);
  if (operator === "!=") return (look) => look(key) !== value;
  if (operator) return (look) => look(key) === value;
  return (look) => (look(key) === undefined) === (not === "!");
}

function fieldAt(object: KubeObject, path: string): string | undefined {
  let at: unknown = object;
  for (const part of path.split(".")) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at === undefined ? undefined : String(at);
}
