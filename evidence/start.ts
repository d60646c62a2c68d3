import type { JudgeInput } from "../rollout/judge/evidence.ts";
import type { JudgeStart } from "../rollout/judge/fold.ts";
import type { CounterSource } from "./counters.ts";
import { instantUpTo, type Ticks } from "./grid.ts";
import { type Begun, type History, readHistory } from "./history.ts";

/** What the judge needs before the first tick of a rollout: its grid, and the stable version's history. */
export interface Beginning extends Pick<History, "all"> {
  readonly start: JudgeStart;
}

/** Reads it. Throws a ProviderError. */
export async function readStart(
  source: CounterSource,
  watch: Begun,
  ticksOf: (watch: Pick<JudgeInput, "sources">) => Promise<Ticks>,
): Promise<Beginning> {
  const ticks = await ticksOf(watch);
  const { tickMs, lateMs } = ticks;
  const from = instantUpTo(ticks, watch.from);
  const { all, ...usual } = await readHistory(source, watch, from, tickMs);
  return {
    start: { since: watch.from, from, tickMs, ...(lateMs !== undefined && { lateMs }), ...usual },
    all,
  };
}
