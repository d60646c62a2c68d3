import type { Deployment } from "../../kube/core/workloads.ts";
import { misplacedWarnings } from "../../rollout/admission/misplaced-keys.ts";
import { NOTIFICATIONS } from "../../rollout/notify/configuration.ts";
import { PREFIX } from "../../rollout/plan/annotation.ts";
import { formatComplaints } from "../../rollout/plan/complaints.ts";
import { describePlan } from "../../rollout/plan/describe.ts";
import { type DefaultSources, outline, profileNamed } from "../../rollout/plan/layers.ts";
import { parseTemplate } from "../../rollout/plan/metric-template.ts";
import { orders } from "../../rollout/plan/orders.ts";
import { isOptedIn } from "../../rollout/plan/plan.ts";
import { readYamlTexts } from "../../rollout/text/yaml.ts";
import type { Finding } from "./finding.ts";
import { type Manifest, manifestsIn } from "./manifests.ts";
import { aboutNotifications } from "./notifications.ts";

/** A file as it was read. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

const OPT_IN = { "serin.dev/rollout": "canary" };
const NO_NAMESPACE = { name: "", annotations: {} };

/**
 * Checks what Serin reads in manifests: annotations of Deployments and Namespaces, profiles, metric templates and receivers. It knows no
 * cluster, so that it checks no gateway, Service or ConfigMap that is not among the files.
 */
export function lint(sources: readonly Source[]): readonly Finding[] {
  const read = sources.map(({ name, text }) => manifestsIn(name, text));
  const all = read.flatMap(({ manifests }) => manifests);
  return [...read.flatMap(({ findings }) => findings), ...all.flatMap((one) => findingsAbout(one, all))];
}

function findingsAbout(manifest: Manifest, all: readonly Manifest[]): readonly Finding[] {
  const { kind, labels, object } = manifest;
  const data = textsOf((object.data ?? {}) as object);
  switch (kind) {
    case "Deployment":
      return aboutDeployment(manifest, all);
    case "Namespace": {
      const namespace = { name: manifest.name, annotations: textsOf(manifest.annotations) };
      const { parsed, warnings } = outline(OPT_IN, { namespace });
      return hasOwnKeys(manifest) ? tell(manifest, parsed, warnings, "valid defaults") : [];
    }
    case "ConfigMap":
      if (labels["serin.dev/profile"] === "true") {
        const profile = { name: manifest.name, values: data };
        const { parsed } = outline(OPT_IN, { namespace: NO_NAMESPACE, profile });
        return tell(manifest, parsed, [], "a valid profile");
      }
      if (labels["serin.dev/metric-template"] === "true")
        return tell(manifest, parseTemplate(data, readYamlTexts), [], "a valid metric template");
      if (manifest.name === NOTIFICATIONS) return aboutNotifications(manifest, data, all);
      return [];
    default:
      return [];
  }
}

function aboutDeployment(manifest: Manifest, all: readonly Manifest[]): readonly Finding[] {
  if (!hasOwnKeys(manifest)) return [];
  const where = placeOf(manifest);
  const unquoted = Object.entries(manifest.annotations)
    .filter(([key, value]) => key.startsWith(PREFIX) && typeof value !== "string")
    .map(([key, value]): Finding => {
      return { kind: "bad", where, says: `${key}: ${JSON.stringify(value)} is not text: write it in quotes` };
    });
  const own = textsOf(manifest.annotations);
  if (!isOptedIn(own)) {
    // The webhook never sees a misspelt opt-in.
    const { parsed } = outline({ ...own, ...OPT_IN }, { namespace: NO_NAMESPACE });
    const wrong = "complaints" in parsed ? formatComplaints(parsed.complaints).split("\n") : [];
    const unread = "has no serin.dev/rollout, so that nothing reads its other annotations";
    return [...unquoted, ...[unread, ...wrong].map((says): Finding => ({ kind: "warning", where, says }))];
  }
  const named = profileNamed(own, {});
  const profile = all.find(
    ({ kind, name, labels }) => kind === "ConfigMap" && name === named && "serin.dev/profile" in labels,
  );
  const places: DefaultSources = {
    namespace: NO_NAMESPACE,
    ...(profile && {
      profile: { name: profile.name, values: textsOf((profile.object.data ?? {}) as object) },
    }),
  };
  const { parsed } = outline(own, places);
  const notes = [
    ...misplacedWarnings(withTemplate(manifest), undefined),
    ...(named !== undefined && profile === undefined
      ? [`profile ${named} is not among the files, so it is not checked`]
      : []),
    ...Object.values(orders)
      .filter(({ key }) => key in own)
      .map(({ key }) => `${key}: an order in a manifest is given again with each apply: remove it`),
  ];
  const says = "plan" in parsed ? describePlan(parsed.plan) : "";
  return [...unquoted, ...tell(manifest, parsed, notes, says)];
}

function tell(
  manifest: Manifest,
  parsed: { readonly complaints: Parameters<typeof formatComplaints>[0] } | object,
  warnings: readonly string[],
  good: string,
): readonly Finding[] {
  const where = placeOf(manifest);
  const warned = warnings.map((says): Finding => ({ kind: "warning", where, says }));
  if (!("complaints" in parsed)) return [{ kind: "good", where, says: good }, ...warned];
  const lines = formatComplaints(parsed.complaints).split("\n");
  return [...lines.map((says): Finding => ({ kind: "bad", where, says })), ...warned];
}

/** The Deployment, also if its author forgot the template, which the API server would tell. */
function withTemplate({ object, annotations }: Manifest): Deployment {
  const { metadata, spec } = object as { metadata?: object; spec?: { template?: object } };
  return {
    metadata: { ...metadata, annotations },
    spec: { ...spec, template: spec?.template ?? {} },
  } as Deployment;
}

function hasOwnKeys({ annotations }: Manifest): boolean {
  return Object.keys(annotations).some((key) => key.startsWith(PREFIX));
}

function placeOf({ file, kind, name }: Manifest): string {
  return `${file}: ${kind.toLowerCase()}/${name}`;
}

/** The values as the API server would have them, if their author had quoted them. */
function textsOf(map: object): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]));
}
