import * as v from "valibot";
import type { FieldMatch } from "../../kube/core/routes.ts";
import { literal } from "../text/literal.ts";
import { all, duplicate, type Parsed, type Problem, parseList, problem } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { fields, readSchema } from "../text/schema.ts";
import { parseYaml } from "../text/yaml.ts";
import type { Match } from "../traffic/matches.ts";
import { cookieHeader, cookiesIn } from "../traffic/sticky.ts";
import { anchored, mayCross, regexRemedy, withinCookie } from "./regex.ts";

/** The parts of a request that a condition is about. */
const subjects = ["header", "cookie", "query"] as const;
type Subject = (typeof subjects)[number];

interface Condition {
  readonly subject: Subject;
  readonly name: string;
  readonly value: string;
  readonly expression: boolean;
}

/** One expression spells out every order of the cookies, so their number is limited. */
const MOST_COOKIES = 3;
const MOST_MATCHES = 16;
const MOST_LENGTH = { header: 4096, cookie: 512, query: 1024 } as const;
/** The characters of a name, as in RFC 9110. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;

/** A condition in YAML, as the Gateway API writes it. */
const field = fields({
  type: v.optional(v.picklist(["Exact", "RegularExpression"], "use Exact or RegularExpression"), "Exact"),
  name: v.string("use a text"),
  value: v.string("use a text in quotes"),
});
const list = v.nullish(v.array(field, "use a list of conditions with name and value"), []);
const match = fields({ headers: list, queryParams: list, cookies: list }, (name) =>
  name === "path" || name === "method" ? "the route itself chooses paths and methods" : "",
);
const matches = v.pipe(
  v.array(match, `use a list of 1 to ${MOST_MATCHES} matches`),
  v.check(({ length }) => length > 0 && length <= MOST_MATCHES, `use a list of 1 to ${MOST_MATCHES} matches`),
);

/**
 * Reads the requests that reach the canary: `header x-canary=insider and query beta=1, cookie canary=always`. A comma means
 * "or", and `~` instead of `=` compares the whole value with an expression. YAML is a list of the Gateway API's matches, with
 * `headers`, `queryParams` and `cookies`.
 */
export function parseMatches(text: string): Parsed<readonly Match[]> {
  const isYaml = /^\s*[-[]/.test(text);
  const parsed = isYaml ? parseListed(text) : parseList(text, parseConditions);
  return "problems" in parsed ? parsed : all(parsed.value.map(matchOf));
}

/** The conditions as a person writes them: `header x-canary=insider`. */
export function describeMatches(matches: readonly Match[]): string {
  return matches
    .map(({ headers = [], queryParams = [] }) =>
      [...headers.flatMap(sayHeader), ...queryParams.map((it) => say("query", it))].join(" and "),
    )
    .join(" or ");
}

function sayHeader(field: FieldMatch): string[] {
  const cookies = field.name === "Cookie" ? cookiesIn(field.value) : undefined;
  return cookies === undefined ? [say("header", field)] : cookies.map(sayCookie);
}

function sayCookie(cookie: string): string {
  const plain = (text: string) => text.replaceAll(/\\([^0-9A-Za-z])/g, "$1");
  const [, name, expression] = /^(.*?)=\(\?:(.*)\)$/s.exec(cookie) ?? [];
  if (name === undefined || expression === undefined) return `cookie ${plain(cookie)}`;
  return `cookie ${plain(name)}~${expression.replaceAll("[^;]", ".")}`;
}

function say(subject: string, { type, name, value }: FieldMatch): string {
  return `${subject} ${name}${type === "RegularExpression" ? "~" : "="}${value}`;
}

function parseConditions(item: string): Parsed<readonly Condition[]> {
  // The conditions are trimmed afterwards: an expression over long blanks takes quadratic time.
  return all(item.split(/(?<=\s)and(?=\s)/).map(parseCondition));
}

function parseCondition(text: string): Parsed<Condition> {
  const [, word, name = "", sign, value = ""] =
    /^(\w+)\s+([^\s=~]+)\s*([=~])\s*(.*)$/s.exec(text.trim()) ?? [];
  const subject = subjects.find((known) => known === word);
  if (subject === undefined) return problem(`invalid condition ${quote(text.trim())}`);
  return { value: { subject, name, value, expression: sign === "~" } };
}

function parseListed(text: string): Parsed<readonly (readonly Condition[])[]> {
  const read = parseYaml(text);
  if ("problems" in read) return read;
  const parsed = readSchema(matches, read.value);
  return "problems" in parsed ? parsed : { value: parsed.value.map(conditionsOf) };
}

function conditionsOf({ headers, queryParams, cookies }: v.InferOutput<typeof match>): readonly Condition[] {
  const of = (subject: Subject) => (written: v.InferOutput<typeof field>) => {
    return { subject, ...written, expression: written.type === "RegularExpression" };
  };
  return [...headers.map(of("header")), ...queryParams.map(of("query")), ...cookies.map(of("cookie"))];
}

function matchOf(conditions: readonly Condition[]): Parsed<Match> {
  // Without a condition it would match every request.
  if (conditions.length === 0) return problem("match without conditions", "use at least one condition");
  const wrong = conditions.flatMap((condition) => problemWith(condition) ?? []);
  const names = conditions.map(
    ({ subject, name }) => `${subject} ${subject === "header" ? name.toLowerCase() : name}`,
  );
  const twice = duplicate(names);
  if (twice !== undefined) wrong.push({ what: `duplicate ${twice} in one match`, use: "name each once" });
  const cookies = conditions.filter(({ subject }) => subject === "cookie");
  if (cookies.length > MOST_COOKIES) {
    wrong.push({ what: `${cookies.length} cookies in one match`, use: `use at most ${MOST_COOKIES}` });
  }
  if (cookies.length > 0 && names.includes("header cookie")) {
    wrong.push({ what: "header Cookie and a cookie in one match", use: "use one of them" });
  }
  if (wrong.length > 0) return { problems: wrong };
  const headers = [
    ...conditions.filter(({ subject }) => subject === "header").map(fieldOf),
    ...(cookies.length > 0 ? [cookieHeader(cookies.map((it) => [literal(it.name), cookieValue(it)]))] : []),
  ];
  const queryParams = conditions.filter(({ subject }) => subject === "query").map(fieldOf);
  const long = [
    ...headers.filter(isLonger(MOST_LENGTH.header)),
    ...queryParams.filter(isLonger(MOST_LENGTH.query)),
  ];
  if (long.length > 0) {
    return problem(
      `the condition on ${long[0]?.name} is longer than the Gateway API allows`,
      "use a shorter value",
    );
  }
  return {
    value: { ...(headers.length > 0 && { headers }), ...(queryParams.length > 0 && { queryParams }) },
  };
}

function problemWith({ subject, name, value, expression }: Condition): Problem | undefined {
  const named = `${subject} ${quote(name)}`;
  const most = MOST_LENGTH[subject];
  if (!TOKEN.test(name))
    return { what: `invalid name of ${named}`, use: "use the characters of an HTTP token" };
  if (value === "") return { what: `${named} has no value`, use: `use ${subject} ${name}=value` };
  if (value.length > most) {
    return { what: `${named} has a value of ${value.length} characters`, use: `use at most ${most}` };
  }
  if (!expression) {
    const isSplit = subject === "cookie" && value.includes(";");
    return isSplit ? { what: `${named} has a semicolon in its value`, use: "remove it" } : undefined;
  }
  const what = `invalid expression ${quote(value)} for ${named}`;
  const use = regexRemedy(value);
  if (use !== undefined) return { what, use };
  const crosses = subject === "cookie" && mayCross(value);
  return crosses ? { what, use: "remove ^, $ and negations, which could match the next cookie" } : undefined;
}

function fieldOf({ name, value, expression }: Condition): FieldMatch {
  return expression
    ? { type: "RegularExpression", name, value: anchored(value) }
    : { type: "Exact", name, value };
}

function isLonger(most: number) {
  return ({ value }: FieldMatch) => value.length > most;
}

function cookieValue({ value, expression }: Condition): string {
  return expression ? withinCookie(value) : literal(value);
}
