import { gate, type Judge, serin } from "./judges.ts";
import { random } from "./random.ts";
import type { ObservedTick, Scenario } from "./streams.ts";

/** When a judge rolled the canary back, and how many bad requests the canary had until then. */
export interface Alarm {
  readonly tick: number;
  readonly bad: number;
}

/** The alarms of both judges on the same rollouts. A rollout without an alarm has no entry. */
export interface Trials {
  readonly scenario: string;
  readonly runs: number;
  readonly serin: readonly Alarm[];
  readonly gate: readonly Alarm[];
}

/** Simulates `runs` rollouts of a scenario, each for `looks` ticks. Each seed gives another set of rollouts. */
export function tryOut(scenario: Scenario, seed: number, runs: number, looks: number): Trials {
  const alarms = { serin: [] as Alarm[], gate: [] as Alarm[] };
  for (let run = 0; run < runs; run += 1) {
    const { play, phi } = scenario.start(random(seed, run));
    const one = watch(play, { serin: serin(phi), gate: gate() }, looks);
    if (one.serin !== undefined) alarms.serin.push(one.serin);
    if (one.gate !== undefined) alarms.gate.push(one.gate);
  }
  return { scenario: scenario.name, runs, ...alarms };
}

function watch(
  play: (tick: number) => ObservedTick,
  judges: Readonly<Record<"serin" | "gate", Judge>>,
  looks: number,
) {
  const found: { serin?: Alarm; gate?: Alarm } = {};
  let bad = 0;
  for (let tick = 1; tick <= looks; tick += 1) {
    const observed = play(tick);
    bad += observed.errors[0] + (observed.slow.at(-1)?.[0] ?? 0) + (observed.refused?.[0] ?? 0);
    if (found.serin === undefined && judges.serin(observed)) found.serin = { tick, bad };
    if (found.gate === undefined && judges.gate(observed)) found.gate = { tick, bad };
    if (found.serin !== undefined && found.gate !== undefined) break;
  }
  return found;
}
