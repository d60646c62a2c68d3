import { nearest } from "../text/suggest.ts";
import { annotations as table } from "./annotations.ts";
import type { Complaint } from "./complaints.ts";
import { type ParsedPlan, parsePlan } from "./plan.ts";

type Given = Readonly<Record<string, string>>;

/** What one place gives to Deployments that do not say it themselves; the keys without their prefix. */
export interface Layer {
  readonly from: "profile" | "namespace";
  readonly name: string;
  readonly values: Given;
}

/** A profile that was looked for: its values, or the names of those that there are instead. */
export type Profile = { readonly name: string } & (
  | { readonly values: Given }
  | { readonly others: readonly string[] }
);

/** What was read of the places where a Deployment's defaults may stand. */
export interface DefaultSources {
  readonly namespace: { readonly name: string; readonly annotations: Given };
  /** Absent: none is named. */
  readonly profile?: Profile;
}

/** A plan, or what is wrong with it, and the defaults in it that are not Serin's own. */
export interface ResolvedPlan {
  readonly parsed: ParsedPlan;
  readonly layers: readonly Layer[];
  readonly warnings: readonly string[];
}

const prefix = "serin.dev/";
const { rollout, promote, abort, retry, ...shareable } = table;
export const planKeys = Object.values(shareable).map(({ key }) => key);
const names: Readonly<Record<Layer["from"], readonly string[]>> = {
  namespace: planKeys.map(short),
  profile: planKeys.map(short).filter((name) => name !== short(table.profile.key)),
};
const missing = `a ConfigMap of that name in Serin's namespace, labelled ${table.profile.key}: "true"`;
const kinds = ["canary", "blue-green", "ab-test"] as const;
const personal: readonly string[] = [rollout, promote, abort, retry].map(({ key }) => short(key));

/** The name of the profile to read, out of a Deployment's annotations and its namespace's. */
export function profileNamed(own: Given, shared: Given): string | undefined {
  const text = own[table.profile.key] ?? shared[table.profile.key];
  const parsed = text === undefined ? undefined : table.profile.parse(text);
  return parsed !== undefined && "value" in parsed && parsed.value !== "none" ? parsed.value : undefined;
}

/** The plan with the defaults that were just read: own keys win over the profile, and that over the namespace. */
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

/** The plan with these defaults; a complaint about one of them says where it stands. */
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
      return layer === undefined ? complaint : { ...complaint, key: placed(layer, short(complaint.key)) };
    }),
  };
}

/** Where the defaults come from: `profile slow, namespace shop`. */
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

/** Of every layer what neither the Deployment nor a layer before it says. */
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

/** Whether a default is right, but for another kind of rollout: steps of canaries in the namespace of an ab-test. */
function isForOthers(own: Given, name: string, value: string): boolean {
  const isWrong = (kind: string) => {
    const parsed = parsePlan({ [rollout.key]: kind, [prefix + name]: value });
    return "complaints" in parsed && parsed.complaints.some(({ key }) => key === prefix + name);
  };
  return isWrong(own[rollout.key] ?? "canary") && kinds.some((kind) => !isWrong(kind));
}

function complaintsAboutProfile(own: Given, { profile, namespace }: DefaultSources): Complaint[] {
  if (profile === undefined || "values" in profile) return [];
  const { name, others } = profile;
  const layer = { from: "namespace", name: namespace.name, values: {} } as const;
  const { key } = table.profile;
  const near = nearest(name, others);
  return [
    {
      key: Object.hasOwn(own, key) ? key : placed(layer, short(key)),
      value: name,
      problem: near === undefined ? "is no profile" : `is no profile; did you mean ${near}?`,
      expected: others.length > 0 ? `one of ${others.join(", ")}` : missing,
    },
  ];
}

function complaintsAboutKeys(layer: Layer): Complaint[] {
  const known = names[layer.from];
  return Object.entries(layer.values).flatMap(([name, value]): Complaint[] => {
    if (known.includes(name)) return [];
    const complaint = { key: placed(layer, name), value };
    if (personal.includes(name)) {
      return [{ ...complaint, problem: "is for one Deployment only", expected: "it on a Deployment" }];
    }
    const near = nearest(name, known);
    const expected = near === undefined ? `one of ${known.join(", ")}` : `the key ${keyIn(layer, near)}`;
    return [{ ...complaint, problem: "has an unknown key", expected }];
  });
}

/** Who writes this on a namespace expects more of it than it does. */
function warningsOf({ namespace: { name, annotations } }: DefaultSources): string[] {
  if (!Object.hasOwn(annotations, rollout.key)) return [];
  return [`serin: namespace ${name}: ${rollout.key} opts nothing in here: each Deployment needs its own`];
}

function placed(layer: Layer, name: string): string {
  return `${layer.from} ${layer.name}: ${keyIn(layer, name)}`;
}

function keyIn({ from }: Layer, name: string): string {
  return from === "profile" ? name : prefix + name;
}

function short(key: string): string {
  return key.slice(prefix.length);
}
