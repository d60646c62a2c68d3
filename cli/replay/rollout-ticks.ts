import { latestInstant, ticksFrom } from "../../evidence/grid.ts";
import type { Prometheus } from "../../evidence/prometheus.ts";
import { readStart } from "../../evidence/start.ts";
import { readTickCounts, type TicksRead } from "../../evidence/tick-counts.ts";
import { ticksBy } from "../../evidence/ticks.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { JudgeInput } from "../../rollout/judge/evidence.ts";
import type { JudgeStart } from "../../rollout/judge/fold.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { criteriaOver } from "../../rollout/replay/criteria.ts";
import { isByPods, type PastRun, pastSources } from "../../rollout/replay/past-sources.ts";
import { recordedStart } from "../../rollout/replay/replay.ts";
import type { RunRecord } from "../../rollout/workload/run-record.ts";

/** A rollout to judge again. */
export interface Replayed extends PastRun {
  readonly run: RunRecord;
}

/** The ticks of a rollout, as far as Prometheus still has them, and where they begin. */
export interface ReadRollout extends TicksRead {
  readonly start: JudgeStart;
  /** The end of the last tick, in ms. */
  readonly to: number;
  /** No route split the traffic. */
  readonly byPods: boolean;
}

/**
 * A route of others that joins its names to those of the rollout is not looked for: nobody remembers the routes of then, and
 * the record tells whether the counts are the same.
 */
const namesakes = { doubts: () => () => undefined };

/**
 * Reads the ticks that the controller judged: up to the last one in the record, and of a rollout in flight up to now. Throws an
 * Error if nothing was judged, and a ProviderError if Prometheus does not answer.
 */
export async function readRolloutTicks(
  { prometheus, clock }: { readonly prometheus: Prometheus; readonly clock: Clock },
  rollout: Replayed,
): Promise<ReadRollout> {
  const { run, plan, deployment, judged } = rollout;
  const first = run.course?.[0];
  if (first === undefined) {
    const why = run.ended === undefined ? "no weight has been recorded yet" : "it had no traffic";
    throw new Error(`nothing to judge in the last rollout of replicaset/${judged.metadata.name}: ${why}`);
  }
  const sources = pastSources(rollout);
  if (sources.every(({ canary }) => canary.length === 0))
    throw new Error(
      `no route names a Service of deployment/${deployment.metadata.name} now, so it is not known which series counted the canary`,
    );
  const counted = { uid: deployment.metadata.uid ?? "", sources };
  const source = { prometheus, namesakes };
  const start =
    recordedStart(run) ?? (await firstStart(source, clock, counted, rollout, Date.parse(first.at)));
  const { from, tickMs } = start;
  const ended = run.ended === undefined ? clock.now() : Date.parse(run.ended);
  const to =
    run.ended === undefined || run.evidence === undefined
      ? latestInstant(ticksFrom(start), ended)
      : run.evidence.at;
  const bounds = checksLatency(plan) ? ("all" as const) : start.bounds;
  const read = await readTickCounts(source, { watch: counted, bounds }, { from, to, stepMs: tickMs });
  return { ...read, start, to, byPods: isByPods(sources) };
}

/** The start of a rollout in flight whose first step has not ended: only then does the controller record it. */
async function firstStart(
  source: { readonly prometheus: Prometheus; readonly namesakes: typeof namesakes },
  clock: Clock,
  counted: Pick<JudgeInput, "uid" | "sources">,
  { run, plan }: Replayed,
  from: number,
): Promise<JudgeStart> {
  const begun = {
    ...counted,
    rollout: run.started,
    from,
    terms: criteriaOver(run, plan, isByPods(counted.sources))(from),
  };
  const { prometheus } = source;
  return (await readStart(source, begun, ticksBy({ prometheus, clock }))).start;
}

function checksLatency({ checks }: Plan): boolean {
  return checks.some(({ metric }) => metric === "percentile");
}
