import type { KubeObject } from "./meta.ts";
import type { LabelExpression, LabelSelector } from "./workloads.ts";

interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/**
 * Whether the API server would select an object. Terms are `key`, `!key`, `key=value`, `key!=value`, `key in (a,b)` and
 * `key notin (a,b)`. Throws on any other term.
 */
export function predicateOf({ namespace, labelSelector = "", fieldSelector = "" }: Selection) {
  const labels = parseTerms(labelSelector);
  const fields = parseTerms(fieldSelector);
  return (object: KubeObject): boolean =>
    (!namespace || object.metadata.namespace === namespace) &&
    labels.every((matches) => matches((key) => object.metadata.labels?.[key])) &&
    fields.every((matches) => matches((path) => fieldAt(object, path)));
}

/** A selector as the text of an API query. */
export function formatSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  return [...labels, ...matchExpressions.map(formatExpression)].join(",");
}

function formatExpression({ key, operator, values = [] }: LabelExpression): string {
  switch (operator) {
    case "In":
      return `${key} in (${values.join(",")})`;
    case "NotIn":
      return `${key} notin (${values.join(",")})`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return operator satisfies never;
  }
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
  const [, name, set, list = ""] = /^([^\s!=()]+) (in|notin) \(([^()]*)\)$/.exec(text) ?? [];
  if (name !== undefined) {
    const values: readonly (string | undefined)[] = list.split(",");
    return (look) => values.includes(look(name)) === (set === "in");
  }
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
