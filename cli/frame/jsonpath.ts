import { JSONPath } from "jsonpath-plus";
import { UsageError } from "./failure.ts";

/** A part of a template: text as it is, a path, or a path with parts for each of its values. */
type Part =
  | { readonly text: string }
  | { readonly path: string }
  | { readonly path: string; readonly each: readonly Part[] };

/**
 * Fills in kubectl's JSONPath template: `{.status.phase}`, `{range .items[*]}…{end}`, `{"\n"}`. Several values are joined by
 * blanks; objects are JSON. Expressions are not evaluated as code. Throws UsageError if the template is not valid.
 */
export function fillJsonPath(template: string, value: unknown): string {
  const tokens = template.split(/(\{(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^{}"'])*\})/).filter(Boolean);
  const parts = read(tokens, false);
  return fill(parts, value);
}

/** Takes the tokens of one level; `inRange`: up to the `{end}` of a range. */
function read(tokens: string[], inRange: boolean): readonly Part[] {
  const parts: Part[] = [];
  for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
    const inner = /^\{(.*)\}$/s.exec(token)?.[1]?.trim();
    if (inner === undefined) {
      if (/[{}]/.test(token))
        throw new UsageError(`-o jsonpath: ${JSON.stringify(token)} has an unpaired brace`);
      parts.push({ text: token });
    } else if (inner === "end") {
      if (inRange) return parts;
      throw new UsageError("-o jsonpath: {end} without {range}");
    } else if (inner.startsWith("range ")) {
      parts.push({ path: rooted(inner.slice(6).trim()), each: read(tokens, true) });
    } else if (/^["']/.test(inner)) {
      parts.push({ text: unquote(inner) });
    } else parts.push({ path: rooted(inner) });
  }
  if (inRange) throw new UsageError("-o jsonpath: {range} without {end}");
  return parts;
}

function fill(parts: readonly Part[], value: unknown): string {
  return parts
    .map((part) => {
      if ("text" in part) return part.text;
      const found = valuesAt(part.path, value);
      return "each" in part
        ? found.map((one) => fill(part.each, one)).join("")
        : found.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(" ");
    })
    .join("");
}

function valuesAt(path: string, value: unknown): readonly unknown[] {
  try {
    return JSONPath({ path, json: value as object, eval: "safe", wrap: true }) as unknown[];
  } catch (cause) {
    throw new UsageError(`-o jsonpath: {${path.slice(1)}} is not a valid path`, { cause });
  }
}

/** kubectl leaves out the root, and escapes dots in keys: `.metadata.annotations.serin\.dev/run`. */
function rooted(path: string): string {
  const keyed = path.replaceAll(/\.((?:[^.[\]\\]|\\.)*\\.(?:[^.[\]\\]|\\.)*)/g, (_, key: string) => {
    return `['${key.replaceAll(/\\(.)/g, "$1")}']`;
  });
  return keyed.startsWith("$")
    ? keyed
    : `$${keyed.startsWith(".") || keyed.startsWith("[") ? "" : "."}${keyed}`;
}

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return inner.replaceAll(/\\(.)/g, (_, sign: string) => ({ n: "\n", t: "\t" })[sign] ?? sign);
}
