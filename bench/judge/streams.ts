import { dispersion, dispersionOverTime, type PodTick } from "../../rollout/judge/dispersion.ts";
import type { Tick } from "../../rollout/judge/tick.ts";
import { binomial, normal, type Random } from "./random.ts";

/** The length of a tick. */
export const TICK_SECONDS = 10;
/** The number of ticks in a minute. */
export const TICKS_A_MINUTE = 60 / TICK_SECONDS;
/** How long Serin has counted the stable pods when a rollout starts: half an hour. */
const HISTORY_TICKS = 30 * TICKS_A_MINUTE;

/** The requests of both versions in one tick. */
export interface ObservedTick {
  readonly errors: Tick;
  /** Requests slower than each monitored boundary; empty without latency. */
  readonly slow: readonly Tick[];
  /** Requests with a 4xx answer; absent: nobody looks at them. */
  readonly refused?: Tick;
}

/** One rollout, tick by tick from 1. */
interface Rollout {
  readonly play: (tick: number) => ObservedTick;
  /** The dispersion that the judge assumes. */
  readonly phi: number;
}

/** A kind of rollout. Each call of `start` begins another rollout of this kind. */
export interface Scenario {
  readonly name: string;
  readonly start: (next: Random) => Rollout;
}

/** Requests a second, and the canary's share of them at each tick. */
interface Traffic {
  readonly rps: number;
  readonly weight: (tick: number) => number;
}

interface Rates {
  readonly stable: (tick: number) => number;
  readonly canary: (tick: number) => number;
}

/** Independent failures. Chance routes every request by itself. */
export function independent(name: string, { rps, weight }: Traffic, rates: Rates): Scenario {
  const start = (next: Random): Rollout => ({
    phi: 1,
    play: (tick) => {
      const now = { stable: rates.stable(tick), canary: rates.canary(tick) };
      return { errors: independentTick(next, rps * TICK_SECONDS, weight(tick), now), slow: [] };
    },
  });
  return { name, start };
}

/** One tick of so many requests: chance routes every request by itself, and failures are independent. */
export function independentTick(
  next: Random,
  requests: number,
  weight: number,
  rates: { readonly stable: number; readonly canary: number },
): Tick {
  const nc = binomial(next, requests, weight);
  const ns = requests - nc;
  return [binomial(next, nc, rates.canary), nc, binomial(next, ns, rates.stable), ns];
}

/** How the judge estimates phi; "none" assumes independent failures. */
export type Phi = "none" | "over time" | "by pod";

/** Pods that differ from each other, or whose requests fail together. */
interface Pods {
  readonly stable: number;
  readonly canary: number;
  /** Coefficient of variation of the pods' lasting failure rates. */
  readonly variation: number;
  /** Mean number of requests that fail together, on one pod in one tick; uniform from 1 up. */
  readonly burst: number;
  /** The judge's knowledge of the half hour before: counts of each stable pod, of all together, or none. */
  readonly phi: Phi;
}

/** Versions with these mean failure rates, on pods that are drawn again for each rollout. */
export function onPods(
  name: string,
  rps: number,
  rates: { readonly stable: number; readonly canary: number },
  pods: Pods,
): Scenario {
  const weight = pods.canary / (pods.stable + pods.canary);
  const perPod = (rps * TICK_SECONDS) / (pods.stable + pods.canary);
  const start = (next: Random): Rollout => {
    const drawn = Array.from({ length: pods.stable + pods.canary }, (_, pod) => {
      return (pod < pods.stable ? rates.stable : rates.canary) * factor(next, pods.variation);
    });
    const tickOf = (from: number, to: number, total: number): PodTick[] =>
      drawn.slice(from, to).map((own, pod) => {
        const requests = Math.round(total / (to - from));
        return { pod: String(pod), bad: failures(next, requests, own, pods.burst), total: requests };
      });
    const stableTick = () => tickOf(0, pods.stable, perPod * pods.stable);
    return {
      phi: phiOf(pods.phi, Array.from({ length: pods.phi === "none" ? 0 : HISTORY_TICKS }, stableTick)),
      play: () => {
        const nc = binomial(next, rps * TICK_SECONDS, weight);
        const canary = tickOf(pods.stable, drawn.length, nc);
        const stable = tickOf(0, pods.stable, rps * TICK_SECONDS - nc);
        return { errors: [...totals(canary), ...totals(stable)], slow: [] };
      },
    };
  };
  return { name, start };
}

/** Failures of the same rate in both versions, and what else is observed of so many requests of the canary and stable. */
export function besideFailures(
  name: string,
  traffic: Traffic,
  failing: number,
  observe: (next: Random, canary: number, stable: number) => Partial<ObservedTick>,
): Scenario {
  const errors = independent(name, traffic, { stable: () => failing, canary: () => failing });
  const start = (next: Random): Rollout => {
    const { play, phi } = errors.start(next);
    return {
      phi,
      play: (tick) => {
        const observed = play(tick);
        const [, nc, , ns] = observed.errors;
        return { ...observed, ...observe(next, nc, ns) };
      },
    };
  };
  return { name, start };
}

function phiOf(phi: Phi, history: readonly (readonly PodTick[])[]): number {
  if (phi === "by pod") return dispersion(history);
  return dispersionOverTime(history.map(totals).map(([bad, total]) => ({ bad, total })));
}

/** How many of `n` requests fail, `burst` at a time on average. */
export function failures(next: Random, n: number, rate: number, burst: number): number {
  if (burst === 1) return binomial(next, n, rate);
  let bad = 0;
  for (let left = binomial(next, n, rate / burst); left > 0; left -= 1)
    bad += Math.ceil(next() * (2 * burst - 1));
  return Math.min(bad, n);
}

/** Log-normal with mean 1. */
function factor(next: Random, variation: number): number {
  const variance = Math.log1p(variation ** 2);
  return Math.exp(Math.sqrt(variance) * normal(next) - variance / 2);
}

function totals(pods: readonly PodTick[]): readonly [bad: number, total: number] {
  return [pods.reduce((sum, { bad }) => sum + bad, 0), pods.reduce((sum, { total }) => sum + total, 0)];
}
