import type { Kube } from "../kube/client/api.ts";
import { isForbidden, isNotFound } from "../kube/client/errors.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import { configMaps } from "../kube/core/resources.ts";
import { type MemoizeOptions, memoize } from "../providers/memo.ts";
import { formatComplaints } from "../rollout/plan/complaints.ts";
import { parseTemplate, type Template } from "../rollout/plan/metric-template.ts";
import type { Parsed } from "../rollout/text/parse.ts";
import { readYamlTexts } from "../rollout/text/yaml.ts";

/** Marks a ConfigMap as a metric template. */
const TEMPLATE_LABEL = "serin.dev/metric-template";

/** Reads a metric template for a Deployment's namespace, or returns sentences that say why Serin cannot. */
export type ReadTemplate = (deploymentNamespace: string, name: string) => Promise<Parsed<Template, string>>;

/** The sources of templates. */
export interface TemplatesOptions extends Pick<MemoizeOptions, "clock"> {
  readonly kube: Pick<Kube, "get">;
  /** Serin's own namespace, whose templates every namespace may use. */
  readonly namespace: string;
  /** Namespaces whose own templates count as well; `*`: every one. A query reads all data that its provider gives out. */
  readonly trusted: readonly string[];
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * Templates by name, from the Deployment's namespace first if that is trusted, then from Serin's. Serin keeps them for a
 * minute. Rejects only if the API server does not answer.
 */
export function templatesFrom({ kube, namespace: shared, trusted, clock }: TemplatesOptions): ReadTemplate {
  const kept = { clock, forMs: 60_000, failureForMs: 10_000, most: 10_000 };
  const readOne = memoize(kept, async (key) => {
    const [namespace = "", name = ""] = key.split("/");
    return readIn(kube, namespace, name);
  });
  return async (theirs, name) => {
    const isTrusted = theirs === shared || trusted.includes("*") || trusted.includes(theirs);
    const places = [...new Set([...(isTrusted ? [theirs] : []), shared])];
    for (const place of places) {
      const found = await readOne(`${place}/${name}`);
      if (found !== undefined) return found;
    }
    const label = `${TEMPLATE_LABEL}: "true"`;
    const hint = isTrusted
      ? ""
      : `. To read templates from ${theirs}, start the controller with --template-namespace=${theirs}`;
    const reason = `no ConfigMap ${name} with the label ${label} in ${places.join(" or ")}${hint}`;
    return { problems: [`metric template ${name} not found: ${reason}`] };
  };
}

async function readIn(
  kube: Pick<Kube, "get">,
  namespace: string,
  name: string,
): Promise<Parsed<Template, string> | undefined> {
  let map: ConfigMap;
  try {
    map = await kube.get<ConfigMap>(configMaps, { namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (isForbidden(error)) return { problems: [`Serin may not get the ConfigMap ${namespace}/${name}`] };
    throw error;
  }
  // A ConfigMap that has the name by chance must not hide the shared template.
  if (map.metadata.labels?.[TEMPLATE_LABEL] !== "true") return undefined;
  const parsed = parseTemplate(map.data ?? {}, readYamlTexts);
  if ("template" in parsed) return { value: parsed.template };
  const complaints = formatComplaints(parsed.complaints).replaceAll("\n", "; ");
  return { problems: [`metric template ${namespace}/${name}: ${complaints}`] };
}
