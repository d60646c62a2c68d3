import { type Parsed, type Problem, problem, unknown } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { nearest } from "../text/suggest.ts";

// Flagger's names, and `replicaset`: with Flagger the pods of `target` are the canary, with Serin they are both versions.
const NAMES = [
  "name",
  "namespace",
  "target",
  "service",
  "ingress",
  "route",
  "replicaset",
  "interval",
] as const;

/** Characters of a query, at most. */
export const LONGEST_QUERY = 16_384;

/** A value that Serin fills in. */
export type Name = (typeof NAMES)[number];

/** A text, or a gap in it. */
export type Piece = string | { readonly name: Name } | { readonly variable: string };

/** Reads the subset of Go's templates that published queries use: names, fields of `variables`, marks that trim. */
export function parseQuery(text: string): Parsed<readonly Piece[]> {
  if (text === "") return problem("missing");
  if (text.length > LONGEST_QUERY)
    return problem(`${text.length} characters`, `use at most ${LONGEST_QUERY}`);
  const [first = "", ...rest] = text.split("{{");
  const pieces: Piece[] = [first];
  const problems: Problem[] = [];
  for (const part of rest) {
    const end = part.indexOf("}}");
    if (end < 0) return problem("{{ without }}", "close it");
    const inside = part.slice(0, end);
    const after = part.slice(end + 2);
    if (/^-\s/.test(inside)) pieces.push(String(pieces.pop()).trimEnd());
    const gap = parseGap(inside.replace(/^-(?=\s)/, "").replace(/(?<=\s)-$/, ""));
    if ("value" in gap) pieces.push(gap.value);
    else problems.push(...gap.problems);
    pieces.push(/\s-$/.test(inside) ? after.trimStart() : after);
  }
  return problems.length > 0 ? { problems } : { value: pieces };
}

function parseGap(inside: string): Parsed<Piece> {
  const code = inside.trim();
  const name = NAMES.find((known) => known === code);
  if (name !== undefined) return { value: { name } };
  const variable = /^variables\.([A-Za-z_]\w*)$/.exec(code)?.[1];
  if (variable !== undefined) return { value: { variable } };
  const gap = quote(`{{ ${code} }}`);
  if (!/^[\w.]+$/.test(code))
    return problem(`invalid ${gap}`, "use a name; functions and conditions do not work");
  const near = nearest(code, NAMES);
  return { problems: [unknown(`name ${gap}`, near, `use ${NAMES.join(", ")} or variables.…`)] };
}
