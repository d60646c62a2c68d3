import { type Parsed, type Problem, parseSet, problem } from "../text/parse.ts";
import { quote } from "../text/quote.ts";

/** Values that people give to the queries of metric templates, by name. */
export type Variables = Readonly<Record<string, string>>;

const identifier = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
// Each could end the string literal in which a query uses a value, in the language of some provider.
const breaksOut = /["'`\\{}\p{Cc}\u2028\u2029]/u;
const longest = 200;

/** Variables as an annotation gives them: `direction=inbound, code=5..`. */
export function parseVariables(text: string): Parsed<Variables> {
  const parsed = parseSet(text, parseVariable, ([name]) => name);
  return "problems" in parsed ? parsed : { value: Object.fromEntries(parsed.value) };
}

/** Why a query must not contain a variable; `undefined` if it may. */
export function variableProblem(name: string, value: string): Problem | undefined {
  if (!identifier.test(name)) {
    return {
      what: `invalid variable name ${quote(name)}`,
      use: "use up to 63 letters, digits and underscores",
    };
  }
  if (value.length > longest) {
    return { what: `variable ${name} has ${value.length} characters`, use: `use at most ${longest}` };
  }
  if (breaksOut.test(value)) {
    return {
      what: `variable ${name} has a quote, backslash, backtick, brace or line break`,
      use: "remove it",
    };
  }
  return undefined;
}

function parseVariable(item: string): Parsed<readonly [string, string]> {
  const equals = item.indexOf("=");
  if (equals < 0) return problem(`invalid variable ${quote(item)}`, "use name=value");
  const name = item.slice(0, equals).trim();
  const value = item.slice(equals + 1).trim();
  const wrong = variableProblem(name, value);
  return wrong === undefined ? { value: [name, value] } : { problems: [wrong] };
}
