import type { JudgeInput } from "../rollout/judge/evidence.ts";
import type { ReplayStart } from "../rollout/replay/replay.ts";
import type { CounterSource } from "./counters.ts";
import { type Begun, type History, readHistory } from "./history.ts";

/** What the judge needs before the first tick of a rollout: its grid, and the stable version's history. */
export interface Beginning extends Pick<History, "all"> {
  readonly start: ReplayStart;
}

/** Reads it. Throws a ProviderError. */
export async function readStart(
  source: CounterSource,
  watch: Begun,
  tickLengthOf: (watch: Pick<JudgeInput, "sources">) => Promise<number>,
): Promise<Beginning> {
  const tickMs = await tickLengthOf(watch);
  const from = Math.floor(watch.from / tickMs) * tickMs;
  const { all, ...usual } = await readHistory(source, watch, from, tickMs);
  return { start: { since: watch.from, from, tickMs, ...usual }, all };
}
