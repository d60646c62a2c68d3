import type { AnalysisArgument } from "./rollout.ts";

/** The arguments of a template as Serin knows them. */
export interface Arguments {
  /** Name as a variable of Serin may have it → value. */
  readonly variables: Readonly<Record<string, string>>;
  /** Name → the text that takes the place of the argument in a query. */
  readonly gaps: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

interface Names {
  readonly stableService: string | undefined;
  readonly canaryService: string | undefined;
}

/** Reads arguments: the names of the two Services become Serin's, constants become variables. */
export function argumentsOf(
  args: readonly AnalysisArgument[],
  { stableService, canaryService }: Names,
): Arguments {
  const variables: Record<string, string> = {};
  const gaps: Record<string, string> = {};
  const problems: string[] = [];
  for (const { name, value, valueFrom } of args) {
    const path = valueFrom?.fieldRef?.fieldPath;
    if (value !== undefined && value === canaryService) gaps[name] = "{{ service }}-canary";
    else if (value !== undefined && value === stableService) gaps[name] = "{{ service }}";
    else if (value !== undefined) {
      const variable = variableName(name);
      variables[variable] = value;
      gaps[name] = `{{ variables.${variable} }}`;
    } else if (path === "metadata.namespace") gaps[name] = "{{ namespace }}";
    else if (path === "metadata.name") gaps[name] = "{{ target }}";
    else if (valueFrom?.podTemplateHashValue !== undefined)
      problems.push(
        `the argument ${name} is the hash of a version: select the canary's pods by pod=~"{{ replicaset }}-.*"`,
      );
    else if (valueFrom?.secretKeyRef !== undefined)
      problems.push(`the argument ${name} comes from a Secret: put it into the provider's Secret`);
    else if (path !== undefined) problems.push(`the argument ${name} comes from the field ${path}`);
  }
  return { variables, gaps, problems };
}

/** A query with its arguments filled in; `missing` are those without a value, `used` the variables in it. */
export function filled(query: string, variables: Arguments["variables"], gaps: Arguments["gaps"]) {
  const missing: string[] = [];
  const text = query.replaceAll(/\{\{\s*args\.([\w-]+)\s*\}\}/g, (whole, name: string) => {
    const gap = Object.hasOwn(gaps, name) ? gaps[name] : undefined;
    if (gap === undefined) missing.push(name);
    return gap ?? whole;
  });
  const used = Object.keys(variables).filter((name) => text.includes(`{{ variables.${name} }}`));
  return { text, missing: [...new Set(missing)], used };
}

/** A name that Serin takes: letters, digits and underscores. */
function variableName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_");
}
