import { nearest } from "../text/suggest.ts";
import { PREFIX as prefix } from "./annotation.ts";
import { annotations as table } from "./annotations.ts";
import type { Complaint } from "./complaints.ts";
import { misplacedKey, unknownKey } from "./known-keys.ts";
import { type ParsedPlan, parsePlan } from "./plan.ts";
import { strategyNames } from "./strategy.ts";

type Given = Readonly<Record<string, string>>;

/** Defaults from one place, for Deployments that do not set them; the keys without their prefix. */
export interface Layer {
  readonly from: "profile" | "namespace";
  readonly name: string;
  readonly values: Given;
}

/** The values of a named profile or, if it does not exist, the names of the others. */
export type Profile = { readonly name: string } & (
  | { readonly values: Given }
  | { readonly others: readonly string[] }
);

/** The places where a Deployment's defaults may stand, as read. */
export interface DefaultSources {
  readonly namespace: { readonly name: string; readonly annotations: Given };
  /** Absent if no profile is named. */
  readonly profile?: Profile;
}

/** A plan, or its complaints, and the defaults in it that are not Serin's own. */
export interface ResolvedPlan {
  readonly parsed: ParsedPlan;
  readonly layers: readonly Layer[];
  readonly warnings: readonly string[];
}

const { strategy: rollout, promote, advance, abort, retry, ...shareable } = table;
/** The keys that a layer may hold: all but the opt-in and the orders. */
export const planKeys = Object.values(shareable).map(({ key }) => key);
const names: Readonly<Record<Layer["from"], readonly string[]>> = {
  namespace: planKeys.map(short),
  profile: planKeys.map(short).filter((name) => name !== short(table.profile.key)),
};
const missing = `create a ConfigMap of that name in Serin's namespace, labelled ${table.profile.key}: "true"`;
const personal: readonly string[] = [rollout, promote, advance, abort, retry].map(({ key }) => short(key));

/** The name of the profile to read, out of a Deployment's annotations and its namespace's. */
export function profileNamed(own: Given, shared: Given): string | undefined {
  const text = own[table.profile.key] ?? shared[table.profile.key];
  const parsed = text === undefined ? undefined : table.profile.parse(text);
  return parsed !== undefined && "value" in parsed && parsed.value !== "none" ? parsed.value : undefined;
}

/** The plan with these defaults: own keys win over the profile, and the profile over the namespace. */
export function outline(own: Given, places: DefaultSources): ResolvedPlan {
  const layers = applicable(own, layersOf(places));
  const parsed = planWith(own, layers);
  const complaints = [
    ...("complaints" in parsed ? parsed.complaints : []),
    ...complaintsAboutProfile(own, places),
    ...layersOf(places).flatMap(complaintsAboutKeys),
  ];
  return { parsed: complaints.length > 0 ? { complaints } : parsed, layers, warnings: warningsOf(places) };
}

/** The plan with these defaults. A complaint about a default names its place. */
export function planWith(own: Given, layers: readonly Layer[] = []): ParsedPlan {
  const shared = layers.flatMap(({ values }) =>
    Object.entries(values).map(([name, value]) => [prefix + name, value]),
  );
  const parsed = parsePlan({ ...Object.fromEntries(shared), ...own });
  if ("plan" in parsed) return parsed;
  return {
    complaints: parsed.complaints.map((complaint) => {
      if (Object.hasOwn(own, complaint.key)) return complaint;
      const layer = layers.find(({ values }) => Object.hasOwn(values, short(complaint.key)));
      return layer === undefined ? complaint : placed(layer, complaint);
    }),
  };
}

/** The sources of the defaults: `profile slow, namespace shop`. */
export function describeLayers(layers: readonly Layer[]): string {
  return layers.map(({ from, name }) => `${from} ${name}`).join(", ");
}

function layersOf({ profile, namespace }: DefaultSources): readonly Layer[] {
  const keys = Object.entries(namespace.annotations).filter(([key]) => key.startsWith(prefix));
  const values = Object.fromEntries(keys.map(([key, value]) => [short(key), value]));
  const { [short(rollout.key)]: _warned, ...shared } = values;
  return [
    ...(profile !== undefined && "values" in profile ? [{ from: "profile", ...profile } as const] : []),
    { from: "namespace", name: namespace.name, values: shared },
  ];
}

/** The values of each layer that neither the Deployment nor a layer before it sets. */
function applicable(own: Given, layers: readonly Layer[]): readonly Layer[] {
  const said = new Set(planKeys.filter((key) => Object.hasOwn(own, key)).map(short));
  return layers.flatMap((layer) => {
    const rest = Object.entries(layer.values).filter(
      ([name, value]) =>
        names[layer.from].includes(name) && !said.has(name) && !isForOthers(own, name, value),
    );
    for (const [name] of rest) said.add(name);
    return rest.length === 0 ? [] : [{ ...layer, values: Object.fromEntries(rest) }];
  });
}

/** Whether a default is valid, but for another strategy: steps of canaries in the namespace of an ab-test. */
function isForOthers(own: Given, name: string, value: string): boolean {
  const isWrong = (strategy: string) => {
    const parsed = parsePlan({ [rollout.key]: strategy, [prefix + name]: value });
    return "complaints" in parsed && parsed.complaints.some(({ key }) => key === prefix + name);
  };
  return isWrong(own[rollout.key] ?? rollout.absent) && strategyNames.some((each) => !isWrong(each));
}

function complaintsAboutProfile(own: Given, { profile, namespace }: DefaultSources): Complaint[] {
  if (profile === undefined || "values" in profile) return [];
  const { name, others } = profile;
  const layer = { from: "namespace", name: namespace.name, values: {} } as const;
  const { key } = table.profile;
  const meant = nearest(name, others);
  const use = others.length > 0 ? `use one of ${others.join(", ")}` : missing;
  const complaint = {
    key,
    where: [key],
    what: `profile ${name} not found`,
    ...(meant ? { meant } : { use }),
  };
  return [Object.hasOwn(own, key) ? complaint : placed(layer, complaint)];
}

function complaintsAboutKeys(layer: Layer): Complaint[] {
  const noun = layer.from === "profile" ? "key" : "annotation";
  const known = names[layer.from].map((name) => keyIn(layer, name));
  return Object.keys(layer.values).flatMap((name): Complaint[] => {
    const key = keyIn(layer, name);
    if (known.includes(key)) return [];
    const complaint = personal.includes(name)
      ? misplacedKey(key, "a Deployment")
      : unknownKey(key, known, noun);
    return [{ ...complaint, where: [placeOf(layer), ...complaint.where] }];
  });
}

/** The opt-in on a namespace has no effect, though its author may expect one. */
function warningsOf({ namespace: { name, annotations } }: DefaultSources): string[] {
  if (!Object.hasOwn(annotations, rollout.key)) return [];
  const where = `namespace ${name}: ${rollout.key}`;
  return [`${where}: a namespace cannot opt in: annotate each Deployment`];
}

/** The complaint with the layer before its key, which has no prefix in a profile. */
function placed(layer: Layer, complaint: Complaint): Complaint {
  const where = complaint.where.map((each) => (each === complaint.key ? keyIn(layer, short(each)) : each));
  return { ...complaint, where: [placeOf(layer), ...where] };
}

function placeOf({ from, name }: Layer): string {
  return `${from} ${name}`;
}

function keyIn({ from }: Layer, name: string): string {
  return from === "profile" ? name : prefix + name;
}

function short(key: string): string {
  return key.slice(prefix.length);
}
