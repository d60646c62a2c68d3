import { all, isRecord, type Parsed, parseList, problem, quote } from "../text/parse.ts";
import { parseYaml } from "../text/yaml.ts";
import type { FieldMatch, Match } from "../traffic/matches.ts";
import { cookieHeader, cookiesIn, literal } from "../traffic/sticky.ts";
import { anchored, faultOf, mayCross, withinCookie } from "./regex.ts";

/** What a condition looks at. */
const subjects = ["header", "cookie", "query"] as const;
type Subject = (typeof subjects)[number];

interface Condition {
  readonly subject: Subject;
  readonly name: string;
  readonly value: string;
  readonly expression: boolean;
}

/** Every order of the cookies is spelled out in one expression. */
const MOST_COOKIES = 3;
const MOST_LENGTH = { header: 4096, cookie: 512, query: 1024 } as const;
/** RFC 9110: what a name may consist of. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;

/**
 * Who sees the canary: `header x-canary=insider and query beta=1, cookie canary=always`; a comma is "or", `~` instead of `=` an
 * expression for the whole value. Or YAML: a list of the Gateway API's matches, with `headers`, `queryParams` and `cookies`.
 */
export function parseMatches(text: string): Parsed<readonly Match[]> {
  const isYaml = /^\s*[-[]/.test(text);
  const parsed = isYaml ? parseListed(text) : parseList(text, parseConditions);
  return "problems" in parsed ? parsed : all(parsed.value.map(matchOf));
}

/** The conditions in a person's words: `header x-canary=insider`. */
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
  // The spaces around stay with the conditions, which are trimmed: an expression over long blanks takes quadratic time.
  return all(item.split(/(?<=\s)and(?=\s)/).map(parseCondition));
}

function parseCondition(text: string): Parsed<Condition> {
  const [, word, name = "", sign, value = ""] =
    /^(\w+)\s+([^\s=~]+)\s*([=~])\s*(.*)$/s.exec(text.trim()) ?? [];
  const subject = subjects.find((known) => known === word);
  if (subject === undefined) return problem(`has ${quote(text.trim())}, which is no condition`);
  return { value: { subject, name, value, expression: sign === "~" } };
}

function parseListed(text: string): Parsed<readonly (readonly Condition[])[]> {
  const read = parseYaml(text);
  if ("problems" in read) return read;
  const { value: list } = read;
  if (!Array.isArray(list) || list.length === 0 || list.length > 16)
    return problem("is no list of 1 to 16 matches");
  return all(list.map(conditionsOf));
}

const lists = { headers: "header", queryParams: "query", cookies: "cookie" } as const;

function conditionsOf(match: unknown): Parsed<readonly Condition[]> {
  if (!isRecord(match)) return problem(`has ${quote(JSON.stringify(match))}, which is no match`);
  const foreign = Object.keys(match).find((key) => !Object.hasOwn(lists, key));
  if (foreign !== undefined) {
    const why = foreign === "path" || foreign === "method" ? ": paths and methods are the route's own" : "";
    return problem(`has the field ${quote(foreign)}${why}`);
  }
  const conditions: Condition[] = [];
  for (const [key, subject] of Object.entries(lists)) {
    const fields = match[key] ?? [];
    if (!Array.isArray(fields)) return problem(`has ${key} that are no list`);
    for (const field of fields) {
      const condition = conditionOf(subject, field);
      if ("problems" in condition) return condition;
      conditions.push(condition.value);
    }
  }
  return { value: conditions };
}

function conditionOf(subject: Subject, field: unknown): Parsed<Condition> {
  const wrong = problem(`has the ${subject} ${quote(JSON.stringify(field))}, which needs name and value`);
  if (!isRecord(field)) return wrong;
  const { type = "Exact", name, value, ...rest } = field;
  if (typeof name !== "string" || typeof value !== "string" || Object.keys(rest).length > 0) return wrong;
  if (type !== "Exact" && type !== "RegularExpression") {
    return problem(`has the type ${quote(String(type))}, which is neither Exact nor RegularExpression`);
  }
  return { value: { subject, name, value, expression: type === "RegularExpression" } };
}

function matchOf(conditions: readonly Condition[]): Parsed<Match> {
  // A match of nothing would be everybody.
  if (conditions.length === 0) return problem("has a match without conditions");
  const wrong = conditions.flatMap((condition) => problemWith(condition) ?? []);
  const names = conditions.map(
    ({ subject, name }) => `${subject} ${subject === "header" ? name.toLowerCase() : name}`,
  );
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) wrong.push(`names ${twice} twice in one match`);
  const cookies = conditions.filter(({ subject }) => subject === "cookie");
  if (cookies.length > MOST_COOKIES) wrong.push(`has more than ${MOST_COOKIES} cookies in one match`);
  if (cookies.length > 0 && names.includes("header cookie"))
    wrong.push("names the header Cookie beside a cookie");
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
    return problem(`needs a condition on ${long[0]?.name} that is longer than the Gateway API allows`);
  }
  return {
    value: { ...(headers.length > 0 && { headers }), ...(queryParams.length > 0 && { queryParams }) },
  };
}

function problemWith({ subject, name, value, expression }: Condition): string | undefined {
  const what = `has the ${subject} ${quote(name)}`;
  if (!TOKEN.test(name)) return `${what}, which is no name`;
  if (value === "") return `${what} without a value`;
  if (value.length > MOST_LENGTH[subject]) return `${what} with more than ${MOST_LENGTH[subject]} characters`;
  if (!expression)
    return subject === "cookie" && value.includes(";") ? `${what} with a semicolon` : undefined;
  const fault = faultOf(value);
  if (fault !== undefined) return `${what} with the expression ${quote(value)}, which ${fault}`;
  return subject === "cookie" && mayCross(value)
    ? `${what} with an expression that might match beyond this cookie: leave out ^, $ and negations`
    : undefined;
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
