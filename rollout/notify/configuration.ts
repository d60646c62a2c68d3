import * as v from "valibot";
import { formatProblem, isRecord, type Parsed, type Problem, problem, unknown } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { fields, readSchema } from "../text/schema.ts";
import { nearest } from "../text/suggest.ts";
import { parseYaml } from "../text/yaml.ts";
import { type LinkTemplate, linksSchema } from "./links.ts";
import { patternsSchema, type Receiver, readReceivers } from "./receivers.ts";
import { needsSecret, withSecret } from "./secret-values.ts";

/** The name of the ConfigMap and of the Secret, both in Serin's namespace. */
export const NOTIFICATIONS = "serin-notifications";

/** Which receivers hear of the rollouts of some namespaces. */
interface NotifyRoute {
  /** Patterns; absent: every namespace. */
  readonly namespaces?: readonly string[];
  readonly receivers: readonly string[];
  /** Whether a Deployment's own choice leaves it in force. */
  readonly always: boolean;
}

/** What an administrator configured, as far as it is valid, and everything that is wrong with it. */
export interface NotifyConfiguration {
  readonly cluster?: string;
  readonly links: readonly LinkTemplate[];
  readonly receivers: readonly Receiver[];
  readonly routes: readonly NotifyRoute[];
  /** Each with its place and what would be right. */
  readonly complaints: readonly string[];
}

/** No receiver at all. */
export const NO_NOTIFICATIONS: NotifyConfiguration = { links: [], receivers: [], routes: [], complaints: [] };

const KEYS = ["cluster", "links", "receivers", "routes"];
const CLUSTER = /^[-._a-zA-Z0-9]{1,63}$/;
const NAMES = "use a list of names of receivers";

const routesSchema = v.array(
  v.pipe(
    fields({
      namespaces: v.optional(patternsSchema),
      receivers: v.pipe(v.array(v.string(NAMES), NAMES), v.minLength(1, NAMES)),
      always: v.optional(v.boolean("use true or false"), false),
    }),
    v.transform(({ namespaces, ...rest }): NotifyRoute => ({ ...rest, ...(namespaces && { namespaces }) })),
  ),
  "use a list of routes, each with receivers",
);

/**
 * Reads the ConfigMap, and with `secret` also the values of its `$key`s. What is not valid is left out alone: a mistake at one
 * receiver silences no other one, and never a rollout.
 */
export function parseNotifications(
  data: Readonly<Record<string, string>>,
  secret?: Readonly<Record<string, string>>,
): NotifyConfiguration {
  const complaints: string[] = [];
  const complain = (key: string, problems: readonly Problem[]) =>
    complaints.push(...problems.map((one) => formatProblem(one, `ConfigMap ${NOTIFICATIONS}: ${key}`)));
  const section = <T>(key: string, read: (value: unknown) => Parsed<T>, otherwise: T): T => {
    const text = data[key];
    if (text === undefined || text.trim() === "") return otherwise;
    const yaml = parseYaml(text);
    const parsed = "value" in yaml ? read(yaml.value) : yaml;
    if ("value" in parsed) return parsed.value;
    complain(key, parsed.problems);
    return otherwise;
  };

  for (const key of Object.keys(data).filter((each) => !KEYS.includes(each)))
    complain(key, [unknown(`key ${quote(key)}`, nearest(key, KEYS), `use ${KEYS.join(", ")}`)]);
  const cluster = data.cluster?.trim();
  const isNamed = cluster !== undefined && CLUSTER.test(cluster);
  if (cluster !== undefined && !isNamed)
    complain(
      "cluster",
      problem(`invalid name ${quote(cluster)}`, "use up to 63 letters, digits, -, _ and .").problems,
    );
  const links = section<readonly LinkTemplate[]>("links", (value) => readSchema(linksSchema, value), []);
  const written = section<readonly Receiver[]>(
    "receivers",
    (value) => {
      const { receivers, problems } = readReceivers(value);
      complain("receivers", problems);
      return { value: receivers };
    },
    [],
  );
  const receivers = written.flatMap((receiver) => {
    if (secret === undefined) return [receiver];
    const filled = withSecret(receiver, secret);
    if ("value" in filled) return [filled.value];
    complain("receivers", filled.problems);
    return [];
  });
  const known = namesIn(data.receivers, written);
  const routes = section<readonly NotifyRoute[]>("routes", (value) => readSchema(routesSchema, value), []);
  for (const [i, route] of routes.entries())
    complain(
      "routes",
      route.receivers.filter((name) => !known.includes(name)).map((name) => unknownName(i, name, known)),
    );
  return { ...(isNamed && { cluster }), links, receivers, routes, complaints };
}

function unknownName(i: number, name: string, known: readonly string[]): Problem {
  const use = known.length > 0 ? `use one of ${known.join(", ")}` : "add it to receivers";
  return { at: `[${i}]`, ...unknown(`receiver ${quote(name)}`, nearest(name, known), use) };
}

/** All names that are written, so that a receiver that is not valid is complained about once. */
function namesIn(text: string | undefined, valid: readonly Receiver[]): readonly string[] {
  const yaml = parseYaml(text ?? "");
  return "value" in yaml && isRecord(yaml.value) ? Object.keys(yaml.value) : valid.map(({ name }) => name);
}

/** Whether the Secret must be read to fill this in. */
export function usesSecret({ receivers }: NotifyConfiguration): boolean {
  return needsSecret(receivers);
}
