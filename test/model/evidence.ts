import type { Findings } from "../../rollout/judge/evidence.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { imageOf } from "./cluster.ts";

/** What the metrics of the versions say. */
export type Word = "good" | "none";

/** By a gate: it holds, is broken for long, or has no number. */
export function evidenceOf({ now, plan, deployment }: Snapshot, word: Word): Findings {
  const reading = { kind: "value", value: 1 } as const;
  const times = { intervalMs: 60_000, at: now };
  const broken = { since: now - 120_000, last: now, readings: 9 };
  const none = { kind: "none", reason: "no data" } as const;
  const gate = imageOf(deployment).includes("bad")
    ? { reading, holds: false, broken, ...times }
    : word === "good"
      ? { reading, holds: true, ...times }
      : { reading: none, holds: false, ...times };
  const templates = plan.checks.filter(({ metric }) => metric === "template");
  return { gates: Object.fromEntries(templates.map(({ text }) => [text, gate])) };
}
