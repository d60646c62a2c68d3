import type { KubeObject } from "../kube/core/meta.ts";
import { formatComplaints } from "../rollout/plan/complaints.ts";
import { parseTemplate } from "../rollout/plan/metric-template.ts";
import { readYamlTexts } from "../rollout/text/yaml.ts";
import { SERIN_NAMESPACE } from "./conversion.ts";
import { differs, forAdmin, type Note, notCarried } from "./note.ts";
import type { TemplateData, TemplateNames } from "./template-names.ts";

/** Limits, the templates that they name, and notes. */
export interface Checks {
  readonly checks: readonly string[];
  readonly templates: readonly KubeObject[];
  readonly notes: readonly Note[];
}

/** Nothing but one note. */
export function without(field: string, says: string): Checks {
  return { checks: [], templates: [], notes: [notCarried(field, says)] };
}

/** All of them together. */
export function together(parts: readonly Checks[]): Checks {
  const kept = new Map<string, string>();
  const left: Note[] = [];
  for (const check of parts.flatMap(({ checks }) => checks)) {
    // A metric may have one limit on either side.
    const side = /^[^<>]+[<>]/.exec(check)?.[0] ?? check;
    const first = kept.get(side) ?? check;
    kept.set(side, first);
    const says = `${check} is left out: Serin takes one such limit, ${first}`;
    if (check !== first) left.push({ fate: "not", says });
  }
  return {
    checks: [...kept.values()],
    templates: parts.flatMap(({ templates }) => templates),
    notes: [...parts.flatMap(({ notes }) => notes), ...left],
  };
}

/**
 * A metric template under a name of its own, and the limits on it; `limits` gets that name. Serin reads the data first: what it
 * would refuse becomes a note about `field`.
 */
export function templateFor(
  wanted: string,
  data: TemplateData,
  {
    field,
    names,
    limits,
  }: {
    readonly field: string;
    readonly names: TemplateNames;
    readonly limits: (name: string) => readonly string[];
  },
): Checks & { readonly name?: string } {
  const parsed = parseTemplate(data, readYamlTexts);
  if ("complaints" in parsed)
    return without(
      field,
      `template ${wanted}: ${formatComplaints(parsed.complaints).replaceAll("\n", "; ")}`,
    );
  const name = names.nameFor(wanted, data);
  const labels = { "serin.dev/metric-template": "true" };
  return {
    name,
    checks: limits(name),
    templates: [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: SERIN_NAMESPACE, labels }, data },
    ],
    notes: [
      ...(name === wanted ? [] : [differs(field, `template ${wanted} is ${name} here`)]),
      forAdmin(
        `apply templates.yaml: ConfigMaps in the namespace ${SERIN_NAMESPACE}; or put them beside the Deployment and start the ` +
          "controller with --template-namespace",
      ),
    ],
  };
}

/** A number as `serin.dev/checks` takes it: without an exponent. */
export function decimal(value: number): string {
  const plain = String(value);
  return plain.includes("e") ? value.toFixed(9).replace(/\.?0+$/, "") : plain;
}
