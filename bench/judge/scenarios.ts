import { harmDefaults } from "../../rollout/judge/harm-test.ts";
import { withLatency } from "./latency.ts";
import { withRefusals } from "./refusals.ts";
import { independent, onPods, type Phi, type Scenario, TICKS_A_MINUTE } from "./streams.ts";
import { atSafetyBoundary, type Walk } from "./walk.ts";

/** The rates of requests per second to simulate. */
export const LEVELS_RPS = [10, 100, 1_000] as const;

const always = (value: number) => () => value;
const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;

/** A row of a table: the same rollout at each level of traffic. */
export interface ScenarioRow {
  readonly name: readonly string[];
  readonly at: (rps: number) => Scenario;
}

/** Both versions are the same. */
export const alike: readonly ScenarioRow[] = [0.001, 0.01, 0.05].flatMap((rate) =>
  [0.05, 0.1, 0.5].map((weight) => ({
    name: [percent(rate), percent(weight)],
    at: (rps: number) =>
      independent("alike", { rps, weight: always(weight) }, { stable: always(rate), canary: always(rate) }),
  })),
);

/** The canary is exactly as bad as the tolerance allows, where the promise is tightest. */
export const atBoundary: readonly ScenarioRow[] = [0.001, 0.01, 0.05].map((rate) => {
  const canary = harmDefaults.r0 * rate + harmDefaults.delta;
  return {
    name: [`${percent(rate)} against ${percent(canary)}`, "10 %"],
    at: (rps: number) =>
      independent("boundary", { rps, weight: always(0.1) }, { stable: always(rate), canary: always(canary) }),
  };
});

const daily = (tick: number) => 0.01 * (1 + 0.8 * Math.sin(tick / 40));
const steps = (tick: number) => [0.1, 0.25, 0.5][Math.floor(tick / 60)] ?? 0.5;

const same = { stable: 0.01, canary: 0.01 };
const phis: readonly Phi[] = ["none", "over time", "by pod"];

/** Both versions are the same, but rates change, failures come in bursts, or pods differ. */
export const alikeHard: readonly ScenarioRow[] = [
  {
    name: ["base rate between 0.2 and 1.8 %, weight 10 → 25 → 50 %", "none"],
    at: (rps: number) => independent("moving", { rps, weight: steps }, { stable: daily, canary: daily }),
  },
  ...phis.map((phi) => ({
    name: ["bursts of 1 to 15 failures, 1 % in all; 1 + 9 pods", phi],
    at: (rps: number) => onPods("bursts", rps, same, { stable: 9, canary: 1, variation: 0, burst: 8, phi }),
  })),
  ...phis.map((phi) => ({
    name: ["pods lastingly differ by 30 %, 1 % in all; 1 + 9 pods", phi],
    at: (rps: number) => onPods("pods", rps, same, { stable: 9, canary: 1, variation: 0.3, burst: 1, phi }),
  })),
  ...phis.map((phi) => ({
    name: ["both; 3 + 9 pods", phi],
    at: (rps: number) => onPods("both", rps, same, { stable: 9, canary: 3, variation: 0.3, burst: 8, phi }),
  })),
  {
    name: ["latency as well: p99 400 ms; 0.1 % failures, weight 10 %", "none"],
    at: (rps: number) => latencyAt(rps, 1),
  },
];

/** The canary is worse from its first request. */
export const worse: readonly ScenarioRow[] = [
  ...(
    [
      [0.001, 0.01],
      [0.001, 0.05],
      [0.01, 0.02],
    ] as const
  ).map(([stable, canary]) => ({
    name: [`failures ${percent(stable)} → ${percent(canary)}`],
    at: (rps: number) =>
      independent("worse", { rps, weight: always(0.1) }, { stable: always(stable), canary: always(canary) }),
  })),
  {
    name: ["failures 0.5 → 5 % in bursts of 1 to 15, phi over time"],
    at: (rps: number) => {
      const pods = { stable: 9, canary: 1, variation: 0, burst: 8, phi: "over time" } as const;
      return onPods("worse in bursts", rps, { stable: 0.005, canary: 0.05 }, pods);
    },
  },
  { name: ["latency +30 % (p99 400 → 520 ms)"], at: (rps: number) => latencyAt(rps, 1.3) },
];

/** 4xx answers that both versions give alike, or the canary as often as tolerated: twice as often, and 5 points more. */
export const refusedAlike: readonly ScenarioRow[] = [
  ["1 % on both sides", 0.01, 0.01, 1],
  ["20 % on both sides", 0.2, 0.2, 1],
  ["5 % on both sides, 1 to 99 at a time", 0.05, 0.05, 50],
  ["1 % against 7 %, the tolerance", 0.01, 0.07, 1],
  ["20 % against 45 %, the tolerance", 0.2, 0.45, 1],
].map(([name, stable, canary, burst]) =>
  refusals(String(name), Number(stable), Number(canary), Number(burst)),
);

/** The canary answers 4xx beyond the tolerance. */
export const refusedWorse: readonly ScenarioRow[] = [
  refusals("4xx answers 1 % → 100 %", 0.01, 1),
  refusals("4xx answers 1 % → 20 %", 0.01, 0.2),
  refusals("4xx answers 20 % → 60 %", 0.2, 0.6),
];

function refusals(name: string, stable: number, canary: number, burst = 1): ScenarioRow {
  const given = { stable, canary, burst, failing: 0.001 };
  return {
    name: [name],
    at: (rps: number) => withRefusals("4xx", { rps, weight: always(0.1) }, given),
  };
}

/** A kind of whole rollouts. */
export interface WalkRow {
  readonly name: string;
  readonly at: (rps: number) => Walk;
}

/** Steps of a minute at least, and of a tick: the shorter a step, the more of its evidence is from the steps before. */
export const INTERVALS_MINUTES = [1, 1 / TICKS_A_MINUTE] as const;

/** Whole rollouts: healthy ones, and canaries that must not be promoted as verified. */
export function walks(leastMinutes: number): readonly WalkRow[] {
  const row = (name: string, stable: number, canary: Walk["canary"], harm: Walk["harm"] = "on"): WalkRow => ({
    name,
    at: (rps) => ({ rps, stable, canary, harm, leastMinutes }),
  });
  const late = (before: number, from: number) => (weight: number) => (weight < 0.5 ? before : from);
  return [0.001, 0.01].flatMap((stable) => {
    const boundary = atSafetyBoundary(stable);
    const name = `${percent(stable)} against ${percent(boundary)}, the safety boundary`;
    const atLast = `${percent(stable)} on both sides, at 50 % `;
    return [
      row(`${percent(stable)} on both sides`, stable, always(stable)),
      row(name, stable, always(boundary)),
      row(`${name}, no harm test`, stable, always(boundary), "off"),
      row(`${atLast}${percent(boundary)}`, stable, late(stable, boundary)),
      row(`${atLast}${percent(boundary)}, no harm test`, stable, late(stable, boundary), "off"),
      row(`${atLast}5 %`, stable, late(stable, 0.05)),
    ];
  });
}

function latencyAt(rps: number, slower: number): Scenario {
  const latency = { median: 0.12, p99: 0.4, slower, failing: 0.001 };
  return withLatency("latency", { rps, weight: always(0.1) }, latency);
}
