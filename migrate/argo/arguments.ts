import type { AnalysisArgument } from "./rollout.ts";

/** The arguments of a template as Serin knows them. */
export interface Arguments {
  /** Name as a variable of Serin may have it → value. */
  readonly variables: Readonly<Record<string, string>>;
  /** Name → the text that takes the place of the argument in a query. */
  readonly gaps: Readonly<Record<string, string>>;
  /** Name → why nothing takes the place of the argument. */
  readonly problems: Readonly<Record<string, string>>;
}

const ARGUMENT = /\{\{\s*args\.([\w-]+)\s*\}\}/g;

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
  const problems: Record<string, string> = {};
  for (const { name, value, valueFrom } of args) {
    const path = valueFrom?.fieldRef?.fieldPath;
    const ofCanary = domainOf(value, canaryService);
    const ofStable = domainOf(value, stableService);
    if (ofCanary !== undefined) gaps[name] = `{{ service }}-canary${ofCanary}`;
    else if (ofStable !== undefined) gaps[name] = `{{ service }}${ofStable}`;
    else if (value !== undefined) {
      const variable = variableName(name);
      variables[variable] = value;
      gaps[name] = `{{ variables.${variable} }}`;
    } else if (path === "metadata.namespace") gaps[name] = "{{ namespace }}";
    else if (path === "metadata.name") gaps[name] = "{{ target }}";
    else if (valueFrom?.podTemplateHashValue !== undefined)
      problems[name] =
        `the argument ${name} is the hash of a version: select the canary's pods by pod=~"{{ replicaset }}-.*"`;
    else if (valueFrom?.secretKeyRef !== undefined)
      problems[name] = `the argument ${name} comes from a Secret: put it into the provider's Secret`;
    else if (path !== undefined) problems[name] = `the argument ${name} comes from the field ${path}`;
  }
  return { variables, gaps, problems };
}

/** A query with its arguments filled in; `missing` says of those without a value why, `used` are the variables in it. */
export function filled(query: string, { variables, gaps, problems }: Arguments) {
  const missing = new Set<string>();
  const text = query.replaceAll(ARGUMENT, (whole, name: string) => {
    const gap = own(gaps, name);
    if (gap === undefined) missing.add(own(problems, name) ?? `the argument ${name} has no value`);
    return gap ?? whole;
  });
  const used = Object.keys(variables).filter((name) => text.includes(`{{ variables.${name} }}`));
  return { text, missing: [...missing], used };
}

/** A condition with the constants among its arguments filled in. */
export function withConstants(condition: string | undefined, args: readonly AnalysisArgument[]) {
  return condition?.replaceAll(
    ARGUMENT,
    (whole, wanted: string) => args.find(({ name }) => name === wanted)?.value ?? whole,
  );
}

/** A value of its own: the name comes from a query, and may be that of a method. */
function own(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** What follows the name of the Service in `service` or `service.namespace.svc`; `undefined` for any other text. */
function domainOf(value: string | undefined, service: string | undefined): string | undefined {
  if (value === undefined || service === undefined) return undefined;
  return value === service || value.startsWith(`${service}.`) ? value.slice(service.length) : undefined;
}

/** A name that Serin takes: letters, digits and underscores. */
function variableName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_");
}
