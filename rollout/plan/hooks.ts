import * as v from "valibot";
import { parseDuration } from "../text/duration.ts";
import { duplicate, isRecord, type Parsed, type Problem, problem } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { fields, readSchema } from "../text/schema.ts";
import { parseYaml } from "../text/yaml.ts";

const TYPES = [
  "confirm-rollout",
  "pre-rollout",
  "rollout",
  "confirm-traffic-increase",
  "confirm-promotion",
  "post-rollout",
  "rollback",
  "event",
] as const;
const MOST_HOOKS = 20;
const MOST_RETRIES = 10;
const LONGEST_NAME = 63;
const LONGEST_TIMEOUT_MS = 300_000;

const NAME = `use a text of 1 to ${LONGEST_NAME} characters without control characters`;
const HTTP = "use an HTTP URL, such as http://tester.test/gate/check";
const TIMEOUT = "use a duration from 1ms to 5m with a unit, such as 30s";
const RETRIES = `use a whole number from 0 to ${MOST_RETRIES}`;
const flag = v.nullish(v.boolean("use true or false"), false);

const metadata = v.pipe(
  v.custom<Record<string, unknown>>(isRecord, "use a map of texts"),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const input = dataset.value;
    for (const [key, value] of Object.entries(input).filter(([, each]) => typeof each !== "string")) {
      const path = [{ type: "object", origin: "value", input, key, value }] as const;
      addIssue({ input: value, message: "use a text in quotes", path: [...path] });
    }
  }),
  v.transform((value) => value as Readonly<Record<string, string>>),
);

const hook = v.pipe(
  fields({
    type: v.optional(v.picklist(TYPES, `use one of ${TYPES.join(", ")}`), "rollout"),
    name: v.pipe(
      v.string(NAME),
      v.check((name) => name.trim() !== "" && name.length <= LONGEST_NAME && !/\p{Cc}/u.test(name), NAME),
    ),
    url: v.pipe(
      v.string(HTTP),
      v.check(isHttp, HTTP),
      v.check(
        (url) => !hasCredentials(url),
        "use a URL without credentials, which everybody could read here",
      ),
      v.transform((url) => new URL(url).href),
    ),
    timeout: v.pipe(
      v.optional(v.string(TIMEOUT), "10s"),
      v.check(isTimeout, TIMEOUT),
      v.transform((text) => Number(parseDuration(text))),
    ),
    retries: v.pipe(
      v.optional(v.number(RETRIES), 0),
      v.check((count) => Number.isInteger(count) && count >= 0 && count <= MOST_RETRIES, RETRIES),
    ),
    metadata: v.optional(metadata, {}),
    disableTLS: flag,
    // Flagger's switch for alerts, which Serin does not send. Its value is checked all the same.
    muteAlert: flag,
  }),
  v.transform(({ muteAlert: _unused, timeout, ...rest }) => ({ ...rest, timeoutMs: timeout })),
  v.readonly(),
);

/** When Serin calls a hook. */
export type HookType = (typeof TYPES)[number];

/**
 * An HTTP endpoint of the user's that Serin calls at one point of a rollout. Its name is unique in the plan; `timeoutMs` is for
 * one attempt; `retries` are further attempts after no answer, 429 or 5xx; with `disableTLS` the server's certificate is not
 * checked.
 */
export type Hook = v.InferOutput<typeof hook>;

/** A list of hooks in YAML, with the fields of Flagger's `webhooks`. */
export function parseHooks(text: string): Parsed<readonly Hook[]> {
  const read = parseYaml(text);
  if ("problems" in read) return read;
  const { value: list } = read;
  if (!Array.isArray(list) || list.length === 0) return problem("not a list of hooks");
  if (list.length > MOST_HOOKS) return problem(`${list.length} hooks`, `use at most ${MOST_HOOKS}`);
  const parsed = readSchema(v.array(hook), list);
  const problems = [
    ...("problems" in parsed ? parsed.problems.map((one) => named(one, list)) : []),
    ...doubled(list),
  ];
  return "value" in parsed && problems.length === 0 ? parsed : { problems };
}

function doubled(list: readonly unknown[]): Problem[] {
  const twice = duplicate(list.flatMap((each) => nameOf(each) ?? []));
  return twice === undefined
    ? []
    : [{ what: `two hooks have the name ${quote(twice)}`, use: "name each once" }];
}

/** Adds the hook's name to the place of a problem with it. */
function named({ at = "", ...rest }: Problem, list: readonly unknown[]): Problem {
  const name = nameOf(list[Number(/^\[(\d+)\]/.exec(at)?.[1])]);
  return { ...rest, at: name === undefined ? at : `${at} (${quote(name).slice(1, -1)})` };
}

function nameOf(value: unknown): string | undefined {
  return isRecord(value) && typeof value.name === "string" && value.name !== "" ? value.name : undefined;
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== "" || password !== "";
}

function isTimeout(text: string): boolean {
  const ms = parseDuration(text) ?? 0;
  return ms > 0 && ms <= LONGEST_TIMEOUT_MS;
}
