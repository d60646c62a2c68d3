import { equal } from "../text/equal.ts";
import { billionths } from "../text/quantity.ts";

/** Maps of texts. Their keys are the user's, so no key in them has a meaning here. */
const TEXTS = new Set([
  "labels",
  "annotations",
  "matchLabels",
  "nodeSelector",
  "volumeAttributes",
  "options",
]);
/** Maps of quantities. */
const QUANTITIES = new Set(["limits", "requests", "overhead"]);
/** Quantities outside of such a map. */
const QUANTITY = new Set(["sizeLimit", "divisor"]);
/**
 * Fields that hold a struct by value: an API server writes `{}` or leaves the field out, depending on its version. Any other
 * field with `{}` is a pointer, and the user wrote it: `namespaceSelector: {}` means all namespaces, its absence only one.
 */
const BY_VALUE = new Set(["metadata", "spec", "resources", "preference"]);

/**
 * Whether two values of the field `key` of a pod template are equal to native control (apiequality.Semantic.DeepEqual on the
 * decoded templates): null, empty lists, empty maps and absent fields are the same, and quantities count by their value.
 */
export function sameFields(a: unknown, b: unknown, key: string): boolean {
  if (a === b) return true;
  if (isAbsent(a, key) || isAbsent(b, key)) return isAbsent(a, key) && isAbsent(b, key);
  if (TEXTS.has(key)) return equal(a, b);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => sameFields(item, b[i], ""));
  }
  if (typeof a !== "object" || typeof b !== "object") return QUANTITY.has(key) && sameQuantity(a, b);
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const same = QUANTITIES.has(key)
    ? (field: string) => left[field] === right[field] || sameQuantity(left[field], right[field])
    : (field: string) => sameFields(left[field], right[field], field);
  return (
    Object.keys(left).every(same) &&
    Object.keys(right).every((field) => Object.hasOwn(left, field) || same(field))
  );
}

function sameQuantity(a: unknown, b: unknown): boolean {
  const left = typeof a === "string" ? billionths(a) : undefined;
  return left !== undefined && typeof b === "string" && left === billionths(b);
}

function isAbsent(value: unknown, key: string): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== "object") return false;
  if (TEXTS.has(key) || QUANTITIES.has(key)) return Object.keys(value).length === 0;
  return BY_VALUE.has(key) && Object.entries(value).every(([field, inner]) => isAbsent(inner, field));
}
