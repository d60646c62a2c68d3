import { type Parsed, parseSet, problem, quote } from "../text/parse.ts";

/** Values that people give to the queries of metric templates, by name. */
export type Variables = Readonly<Record<string, string>>;

const identifier = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
// Whatever could end the string literal in which a query uses a value, in any of the sources' languages.
const breaksOut = /["'`\\{}\p{Cc}\u2028\u2029]/u;
const longest = 200;

/** Variables as an annotation gives them: `direction=inbound, code=5..`. */
export function parseVariables(text: string): Parsed<Variables> {
  const parsed = parseSet(text, parseVariable, ([name]) => name);
  return "problems" in parsed ? parsed : { value: Object.fromEntries(parsed.value) };
}

/** Why a variable must not be put into a query, to be read after what it stands in; `undefined` if it may. */
export function variableProblem(name: string, value: string): string | undefined {
  if (!identifier.test(name)) return `has ${quote(name)}, which is no name of a variable`;
  if (value.length > longest) return `has ${name} with ${value.length} characters, more than ${longest}`;
  if (breaksOut.test(value)) return `has ${name} with a quote, backslash, backtick, brace or line break`;
  return undefined;
}

function parseVariable(item: string): Parsed<readonly [string, string]> {
  const equals = item.indexOf("=");
  if (equals < 0) return problem(`has ${quote(item)}, which lacks "="`);
  const name = item.slice(0, equals).trim();
  const value = item.slice(equals + 1).trim();
  const wrong = variableProblem(name, value);
  return wrong === undefined ? { value: [name, value] } : problem(wrong);
}
