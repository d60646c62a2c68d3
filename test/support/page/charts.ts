import type { Charts } from "../../../dashboard/api.ts";
import { NOON } from "../builders.ts";

const TICKS = 80;
const HARM_LIMIT = Math.log(100);
const SAFE_LIMIT = Math.log(20);

/** The curves of a rollout that began 80 s before noon and has a tick each second; a bad one fails 10 % of its requests. */
export function someCharts({ bad = false, revision = "8" } = {}): Charts {
  const times = Array.from({ length: TICKS }, (_, i) => NOON / 1000 - TICKS + i + 1);
  const curve = (at: (i: number) => number) => times.map((_, i) => Number(at(i).toFixed(4)));
  const stable = curve((i) => 0.4 + 0.25 * Math.sin(i / 6) * Math.exp(-i / 40));
  const canary = curve((i) =>
    bad ? 10 - 8 * Math.exp(-i / 8) : 0.55 + 0.5 * Math.sin(i / 4) * Math.exp(-i / 30),
  );
  const weightAt = (i: number) => (i < 64 ? 10 : 25);
  return {
    revision,
    times,
    course: [
      { at: times[0] ?? 0, step: 1, weight: 10 },
      { at: times[64] ?? 0, step: 2, weight: 25 },
    ],
    failed: { stable, canary, allowed: stable.map((value) => Number((1.2 * value + 0.05).toFixed(4))) },
    slow: [0.1, 0.25, 0.5].map((seconds, n) => {
      const own = curve((i) => 3 - n + 0.3 * Math.sin(i / 5));
      return {
        seconds,
        stable: own,
        canary: curve((i) => 3.1 - n + 0.5 * Math.cos(i / 7)),
        allowed: own.map((value) => Number((1.2 * value + 0.05).toFixed(4))),
      };
    }),
    evidence: {
      harm: curve((i) => (bad ? (i * HARM_LIMIT) / 60 : -0.7 + 0.3 * Math.sin(i / 9))),
      safe: curve((i) => (bad ? -i / 20 : i < 64 ? (i * SAFE_LIMIT) / 63 : ((i - 64) * SAFE_LIMIT) / 25)),
      harmLimit: HARM_LIMIT,
      safeLimit: SAFE_LIMIT,
    },
    traffic: { granted: curve(weightAt), measured: curve((i) => weightAt(i) + 1.5 * Math.sin(i / 3)) },
    rate: {
      stable: curve((i) => 170 - weightAt(i) + 4 * Math.sin(i / 7)),
      canary: curve((i) => weightAt(i) * 1.7),
    },
  };
}
