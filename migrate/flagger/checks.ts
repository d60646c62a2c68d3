import { stringify } from "yaml";
import { differs, type Note, notCarried } from "../note.ts";
import { sourceFor } from "../provider.ts";
import { rewriteQuery, versionsIn } from "../query.ts";
import { type Checks, decimal, templateFor, together, without } from "../template.ts";
import type { TemplateData, TemplateNames } from "../template-names.ts";
import type { Analysis, CanaryMetric, MetricTemplate } from "./canary.ts";

const METRICS = "spec.analysis.metrics";
const RANGE = `${METRICS}[].thresholdRange`;
const TEMPLATE = `${METRICS}[].templateRef`;

/** The limits of an analysis. `find` returns the MetricTemplate that a metric names, if it is among the files. */
export function canaryChecks(
  { metrics = [] }: Analysis,
  find: (ref: NonNullable<CanaryMetric["templateRef"]>) => MetricTemplate | undefined,
  names: TemplateNames,
): Checks {
  return together(
    metrics.map((metric) => {
      const { name, query, templateRef } = metric;
      if (templateRef !== undefined) return byTemplate(metric, find(templateRef), names);
      if (query === undefined) return builtIn(metric);
      return byQuery(metric, { wanted: name, query, data: {}, field: `${METRICS}[].query` }, names);
    }),
  );
}

function builtIn(metric: CanaryMetric): Checks {
  const { name, threshold, thresholdRange } = metric;
  switch (name) {
    case "request-success-rate": {
      const least = thresholdRange?.min ?? threshold;
      if (least === undefined || least <= 0)
        return without(METRICS, `${name} without a lower limit checks nothing`);
      return { checks: [`success-rate >= ${decimal(least)}%`], templates: [], notes: upperLimit(metric) };
    }
    case "request-duration": {
      const most = thresholdRange?.max ?? threshold;
      if (most === undefined) return without(METRICS, `${name} without an upper limit checks nothing`);
      return { checks: [`p99 <= ${decimal(most)}ms`], templates: [], notes: lowerLimit(metric) };
    }
    default:
      return without(METRICS, `the metric ${JSON.stringify(name)} has neither a query nor a template`);
  }
}

function upperLimit({ thresholdRange }: CanaryMetric): readonly Note[] {
  const most = thresholdRange?.max;
  return most === undefined || most >= 100
    ? []
    : [notCarried(RANGE, `a success rate of at most ${most} %: such a limit rolls back what is better`)];
}

function lowerLimit({ thresholdRange }: CanaryMetric): readonly Note[] {
  const least = thresholdRange?.min ?? 0;
  return least <= 0
    ? []
    : [notCarried(RANGE, `a duration of at least ${least} ms: such a limit rolls back what is better`)];
}

function byTemplate(metric: CanaryMetric, found: MetricTemplate | undefined, names: TemplateNames): Checks {
  const { name = "", namespace } = metric.templateRef ?? {};
  if (found === undefined) {
    const where = namespace === undefined ? name : `${namespace}/${name}`;
    return without(TEMPLATE, `MetricTemplate ${where} is not among the files: add it, or the check is lost`);
  }
  const { type = "prometheus", headers, secretRef, ...rest } = found.spec.provider;
  const secret = secretRef && [found.namespace ?? "default", secretRef.name].join("/");
  const provider = sourceFor(name, { type, ...rest, secret, headers: headers && Object.keys(headers) });
  if (provider === undefined) return without(TEMPLATE, `template ${name}: Serin has no provider ${type}`);
  const data = provider.source === "prometheus" ? {} : { source: provider.source };
  const checks = byQuery(metric, { wanted: name, query: found.spec.query, data, field: TEMPLATE }, names);
  return checks.templates.length === 0 ? checks : { ...checks, notes: [...checks.notes, provider.note] };
}

interface Wanted {
  readonly wanted: string;
  readonly query: string;
  readonly data: TemplateData;
  readonly field: string;
}

function byQuery(
  metric: CanaryMetric,
  { wanted, query, field, ...rest }: Wanted,
  names: TemplateNames,
): Checks {
  const { templateVariables = {}, interval } = metric;
  const rewritten = rewriteQuery(query);
  const data = {
    ...rest.data,
    ...(interval !== undefined && { interval }),
    ...(Object.keys(templateVariables).length > 0 && {
      variables: stringify(templateVariables, { lineWidth: 0 }),
    }),
    query: rewritten.query,
  };
  const built = templateFor(wanted, data, { field, names, limits: (name) => limitsOf(metric, name) });
  const { name } = built;
  if (name === undefined) return built;
  const unsure = rewritten.open.length > 0 ? undefined : versionsIn(name, rewritten.query);
  const said = [
    ...rewritten.changes.map((change) => `template ${name}: ${change}`),
    ...rewritten.open.map(
      (place) =>
        `template ${name} still has ${place}, which with Serin stands for both versions: select the canary by ` +
        '"{{ service }}-canary" or by pod=~"{{ replicaset }}-.*"',
    ),
    ...(unsure === undefined ? [] : [unsure]),
  ];
  const isBare = metric.threshold === undefined && metric.thresholdRange === undefined;
  return {
    ...built,
    notes: [
      ...built.notes,
      ...said.map((says) => differs(field, says)),
      ...(isBare
        ? [differs(METRICS, `\`${name} <= 0\`: without a limit, Flagger takes 0 as the largest value`)]
        : []),
    ],
  };
}

function limitsOf(
  { thresholdRange: { min, max } = {}, threshold }: CanaryMetric,
  name: string,
): readonly string[] {
  const limits = [
    ...(min === undefined ? [] : [`${name} >= ${decimal(min)}`]),
    ...(max === undefined ? [] : [`${name} <= ${decimal(max)}`]),
  ];
  return limits.length > 0 ? limits : [`${name} <= ${decimal(threshold ?? 0)}`];
}
