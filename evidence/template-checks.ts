import { type Provider, ProviderError } from "../providers/provider.ts";
import type { Findings, JudgeInput, TemplateCheckState } from "../rollout/judge/evidence.ts";
import { foldTemplateTest, type TemplateReading } from "../rollout/judge/template-check.ts";
import type { TemplateCheck } from "../rollout/plan/checks.ts";
import { render, type Template } from "../rollout/plan/metric-template.ts";
import { formatProblem } from "../rollout/text/parse.ts";
import type { ReadTemplate } from "./templates.ts";

/** Reads the template checks that are due and adds their states. `now` in ms. Throws the errors of the API server. */
export type ReadTemplateChecks = (
  watch: JudgeInput,
  before: Findings["gates"],
  now: number,
) => Promise<Findings["gates"]>;

/** The sources of templates and of their numbers. */
export interface TemplateChecksOptions {
  readonly templates: ReadTemplate;
  readonly providers: (name: string) => Promise<Provider>;
}

/** How often Serin runs a query within the query's own interval. */
const PER_INTERVAL = 4;

/** Template checks from templates and providers. */
export function templateChecksFrom({ templates, providers }: TemplateChecksOptions): ReadTemplateChecks {
  return async (watch, before, now) => {
    const read = await Promise.all(
      watch.templates.map(async (check) => [check.text, await readOne(check, watch, before, now)] as const),
    );
    return Object.fromEntries(
      read.filter((entry): entry is [string, TemplateCheckState] => entry[1] !== undefined),
    );
  };

  async function readOne(check: TemplateCheck, watch: JudgeInput, before: Findings["gates"], now: number) {
    const known = before[check.text];
    if (known !== undefined && now - known.at < known.intervalMs / PER_INTERVAL) return known;
    const template = await templates(watch.subject.namespace, check.name);
    if ("problems" in template) return none(check, known, now, template.problems.join("; "));
    const { intervalMs } = template.value;
    // An interval that begins before the step would measure the step before.
    if (now - watch.terms.stepFrom < intervalMs) return known;
    const reading = await ask(template.value, watch, now);
    return { ...foldTemplateTest(known, check, reading, now), intervalMs, at: now };
  }

  async function ask(
    template: Template,
    { subject, variables }: JudgeInput,
    at: number,
  ): Promise<TemplateReading> {
    const query = render(template, subject, variables);
    if ("problems" in query) {
      return { kind: "none", reason: query.problems.map((one) => formatProblem(one, "query")).join("; ") };
    }
    try {
      const provider = await providers(template.source);
      const reading = await provider.read(query.value, { at, intervalMs: template.intervalMs });
      return reading.kind === "value" ? reading : { kind: "none", reason: reading.reason };
    } catch (error) {
      if (error instanceof ProviderError) return { kind: "none", reason: error.message };
      throw error;
    }
  }
}

function none(
  check: TemplateCheck,
  known: TemplateCheckState | undefined,
  at: number,
  reason: string,
): TemplateCheckState {
  return { ...foldTemplateTest(known, check, { kind: "none", reason }, at), intervalMs: 60_000, at };
}
