import { formatDuration, parseDuration } from "../text/duration.ts";
import { all, isRecord, type Parsed, problem, quote } from "../text/parse.ts";
import { nearest } from "../text/suggest.ts";
import { parseYaml } from "../text/yaml.ts";

/** When a hook is called. */
export type HookType = (typeof types)[number];

/** An HTTP endpoint of the user's that is asked or told at one point of a rollout. */
export interface Hook {
  readonly type: HookType;
  /** No other hook of the plan has it. */
  readonly name: string;
  readonly url: string;
  /** Of one attempt, ms. */
  readonly timeoutMs: number;
  /** Further attempts when there is no answer, or 429 or 5xx. */
  readonly retries: number;
  /** Sent along as it is. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The server's certificate is not checked. */
  readonly disableTLS: boolean;
}

const types = [
  "confirm-rollout",
  "pre-rollout",
  "rollout",
  "confirm-traffic-increase",
  "confirm-promotion",
  "post-rollout",
  "rollback",
  "event",
] as const;
const fields = ["type", "name", "url", "timeout", "retries", "metadata", "disableTLS", "muteAlert"] as const;
const MOST_HOOKS = 20;
const MOST_RETRIES = 10;
const LONGEST_NAME = 63;
const DEFAULT_TIMEOUT_MS = 10_000;
const LONGEST_TIMEOUT_MS = 300_000;

type Written = Readonly<Record<string, unknown>>;
/** Reads one field; what it adds to `wrong` is to be read after the hook's name. */
type Reader<T> = (hook: Written, wrong: string[]) => T;

/** A list of hooks in YAML, with the fields of Flagger's `webhooks`. */
export function parseHooks(text: string): Parsed<readonly Hook[]> {
  const read = parseYaml(text);
  if ("problems" in read) return read;
  const { value: list } = read;
  if (!Array.isArray(list) || list.length === 0) return problem("is no list of hooks");
  if (list.length > MOST_HOOKS) return problem(`has ${list.length} hooks, more than ${MOST_HOOKS}`);
  const parsed = all(list.map(parseHook));
  const names = list.flatMap((hook) => (isRecord(hook) && typeof hook.name === "string" ? [hook.name] : []));
  const twice = names.filter((name, i) => names.indexOf(name) < i);
  const doubled = [...new Set(twice)].map((name) => `has two hooks with the name ${quote(name)}`);
  if ("problems" in parsed) return { problems: [...parsed.problems, ...doubled] };
  return doubled.length > 0 ? { problems: doubled } : parsed;
}

function parseHook(hook: unknown, index: number): Parsed<Hook> {
  if (!isRecord(hook)) return problem(`has as hook ${index + 1} ${show(hook)}, which has no fields`);
  const wrong: string[] = unknownFields(hook);
  const value: Hook = {
    type: typeOf(hook, wrong),
    name: nameOf(hook, wrong),
    url: urlOf(hook, wrong),
    timeoutMs: timeoutOf(hook, wrong),
    retries: retriesOf(hook, wrong),
    metadata: metadataOf(hook, wrong),
    disableTLS: flagOf("disableTLS", hook, wrong),
  };
  // Flagger's switch for alerts that Serin does not send; a wrong value is a slip all the same.
  flagOf("muteAlert", hook, wrong);
  if (wrong.length === 0) return { value };
  const named = typeof hook.name === "string" ? ` (${quote(hook.name)})` : "";
  return { problems: wrong.map((what) => `has in hook ${index + 1}${named} ${what}`) };
}

function unknownFields(hook: Written): string[] {
  const unknown = Object.keys(hook).filter((field) => !fields.some((known) => known === field));
  return unknown.map((field) => {
    const near = nearest(field, fields);
    return `the unknown field ${quote(field)}, ${near ? `not ${near}` : `none of ${fields.join(", ")}`}`;
  });
}

const typeOf: Reader<HookType> = ({ type = "rollout" }, wrong) => {
  const known = types.find((each) => each === type);
  if (known === undefined) wrong.push(`the type ${show(type)}, none of ${types.join(", ")}`);
  return known ?? "rollout";
};

const nameOf: Reader<string> = ({ name }, wrong) => {
  if (typeof name !== "string" || name.trim() === "") wrong.push(`the name ${show(name)}, no text`);
  else if (name.length > LONGEST_NAME) wrong.push(`a name of more than ${LONGEST_NAME} characters`);
  else if (/\p{Cc}/u.test(name)) wrong.push(`the name ${show(name)}, which has control characters`);
  return String(name);
};

const urlOf: Reader<string> = ({ url }, wrong) => {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    wrong.push(`the url ${show(url)}, none such as http://tester.test/gate/check`);
  } else if (parsed.username !== "" || parsed.password !== "") {
    wrong.push("a url with credentials, which everybody could read here; not without");
  }
  return parsed?.href ?? "";
};

const timeoutOf: Reader<number> = ({ timeout }, wrong) => {
  if (timeout === undefined) return DEFAULT_TIMEOUT_MS;
  const ms = typeof timeout === "string" ? parseDuration(timeout) : undefined;
  const most = formatDuration(LONGEST_TIMEOUT_MS);
  if (ms === undefined) wrong.push(`the timeout ${show(timeout)}, no duration with a unit such as 30s`);
  else if (ms === 0 || ms > LONGEST_TIMEOUT_MS)
    wrong.push(`the timeout ${show(timeout)}, not above 0 and up to ${most}`);
  return ms ?? DEFAULT_TIMEOUT_MS;
};

const retriesOf: Reader<number> = ({ retries = 0 }, wrong) => {
  const right =
    typeof retries === "number" && Number.isInteger(retries) && retries >= 0 && retries <= MOST_RETRIES;
  if (!right) wrong.push(`the retries ${show(retries)}, no whole number from 0 to ${MOST_RETRIES}`);
  return right ? retries : 0;
};

const metadataOf: Reader<Readonly<Record<string, string>>> = ({ metadata = {} }, wrong) => {
  if (!isRecord(metadata)) {
    wrong.push(`the metadata ${show(metadata)}, no map`);
    return {};
  }
  const odd = Object.entries(metadata).filter(([, value]) => typeof value !== "string");
  for (const [key, value] of odd) wrong.push(`the metadata ${quote(key)} ${show(value)}, no text: quote it`);
  return metadata as Readonly<Record<string, string>>;
};

function flagOf(field: "disableTLS" | "muteAlert", hook: Written, wrong: string[]): boolean {
  const value = hook[field] ?? false;
  if (typeof value !== "boolean") wrong.push(`the ${field} ${show(value)}, neither true nor false`);
  return value === true;
}

function show(value: unknown): string {
  return value === undefined ? "missing" : quote(typeof value === "string" ? value : JSON.stringify(value));
}
