import { stringify } from "yaml";
import { differs } from "../note.ts";
import { sourceFor } from "../provider.ts";
import { versionsIn } from "../query.ts";
import { type Checks, templateFor, together, without } from "../template.ts";
import type { TemplateNames } from "../template-names.ts";
import { argumentsOf, filled, withConstants } from "./arguments.ts";
import { limitsOfFailure, limitsOfSuccess } from "./condition.ts";
import { queryOf } from "./provider-query.ts";
import type { AnalysisArgument, AnalysisMetric, AnalysisTemplateSpec, RolloutAnalysis } from "./rollout.ts";

/** A template that a Rollout uses. */
interface FoundTemplate {
  readonly name: string;
  readonly spec: AnalysisTemplateSpec;
}

/** Where an analysis of a Rollout stands, and what its arguments and templates may mean. */
export interface AnalysisContext {
  /** The path of the analysis in the Rollout. */
  readonly path: string;
  readonly names: TemplateNames;
  readonly stableService: string | undefined;
  readonly canaryService: string | undefined;
  /** The template of this name; `isShared`: of the cluster and not of the namespace. */
  readonly find: (name: string, isShared: boolean) => FoundTemplate | undefined;
}

/** The limits of the metrics of an analysis. */
export function checksOfAnalysis(
  { templates, args, dryRun }: RolloutAnalysis,
  context: AnalysisContext,
): Checks {
  const idle = dryRun.flatMap(({ metricName }) => metricName ?? []);
  return together(templates.map((ref) => ofTemplate(ref, { args, idle, depth: 0 }, context)));
}

interface Use {
  readonly args: readonly AnalysisArgument[];
  /** Metrics, or patterns of their names, that only run dry. */
  readonly idle: readonly string[];
  readonly depth: number;
}

/** Templates may name each other. */
const DEEPEST = 5;

function ofTemplate(
  { templateName = "", clusterScope = false }: RolloutAnalysis["templates"][number],
  use: Use,
  context: AnalysisContext,
): Checks {
  const field = `${context.path}.templates`;
  const found = context.find(templateName, clusterScope);
  if (found === undefined || use.depth > DEEPEST)
    return without(
      field,
      `${clusterScope ? "ClusterAnalysisTemplate" : "AnalysisTemplate"} ${templateName} is not among the files: add it, or its checks are lost`,
    );
  const idle = [...use.idle, ...found.spec.dryRun.flatMap(({ metricName }) => metricName ?? [])];
  const given = found.spec.args.map((own) => use.args.find(({ name }) => name === own.name) ?? own);
  const nested = { args: [...given, ...use.args], idle, depth: use.depth + 1 };
  return together([
    ...found.spec.metrics.map((metric) => ofMetric(metric, { ...use, idle, args: given }, context)),
    ...found.spec.templates.map((ref) => ofTemplate(ref, nested, context)),
  ]);
}

function ofMetric(metric: AnalysisMetric, { args, idle }: Use, context: AnalysisContext): Checks {
  const { name, interval } = metric;
  const field = `${context.path}.templates`;
  if (idle.some((pattern) => pattern === name || pattern === ".*"))
    return {
      checks: [],
      templates: [],
      notes: [
        differs(`${context.path}.dryRun`, `metric ${name} is left out, because Serin acts on each check`),
      ],
    };
  const successCondition = withConstants(metric.successCondition, args);
  const failureCondition = withConstants(metric.failureCondition, args);
  const limits = limitsIn({ successCondition, failureCondition });
  if (limits === undefined)
    return without(
      field,
      `metric ${name}: its condition does not compare the result with a number: ${successCondition ?? failureCondition ?? "there is none"}`,
    );
  const provider = queryOf(metric.provider);
  if ("reason" in provider) return without(field, `metric ${name}: ${provider.reason}`);
  const source = sourceFor(name, provider);
  const given = argumentsOf(args, context);
  const query = filled(provider.query, given);
  if (source === undefined || query.missing.length > 0)
    return without(field, `metric ${name}: ${query.missing.join("; ")}`);
  const used = Object.fromEntries(
    Object.entries(given.variables).filter(([key]) => query.used.includes(key)),
  );
  const data = {
    ...(source.source !== "prometheus" && { source: source.source }),
    ...(interval !== undefined && { interval }),
    ...(Object.keys(used).length > 0 && { variables: stringify(used, { lineWidth: 0 }) }),
    query: query.text,
  };
  const built = templateFor(name, data, {
    field,
    names: context.names,
    limits: (own) => limits.map((limit) => `${own} ${limit}`),
  });
  if (built.name === undefined) return built;
  const unsure = versionsIn(name, query.text);
  const versions = unsure === undefined ? [] : [differs(field, unsure)];
  return { ...built, notes: [...built.notes, source.note, ...versions] };
}

function limitsIn({
  successCondition,
  failureCondition,
}: Pick<AnalysisMetric, "successCondition" | "failureCondition">): readonly string[] | undefined {
  if (successCondition === undefined && failureCondition === undefined) return undefined;
  const good = successCondition === undefined ? [] : limitsOfSuccess(successCondition);
  const bad = failureCondition === undefined ? [] : limitsOfFailure(failureCondition);
  if (good === undefined || bad === undefined) return undefined;
  // One limit on either side: Argo Rollouts measures again between the two conditions, Serin passes only what is good.
  const sides = new Set(good.map((limit) => limit[0]));
  return [...good, ...bad.filter((limit) => !sides.has(limit[0]))];
}
