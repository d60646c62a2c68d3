import type { Findings } from "../../rollout/judge/evidence.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { imageOf } from "./cluster.ts";

/** The metrics of versions that are not bad: good, or no data. */
export type Metrics = "good" | "none";

/** Findings by a template check: it holds, has failed for two minutes, or has no number. */
export function evidenceOf({ now, plan, deployment }: Snapshot, metrics: Metrics): Findings {
  const reading = { kind: "value", value: 1 } as const;
  const times = { intervalMs: 60_000, at: now };
  const broken = { since: now - 120_000, last: now, readings: 9 };
  const none = { kind: "none", reason: "no data" } as const;
  const check = imageOf(deployment).includes("bad")
    ? { reading, holds: false, broken, ...times }
    : metrics === "good"
      ? { reading, holds: true, ...times }
      : { reading: none, holds: false, ...times };
  const templates = plan.checks.filter(({ metric }) => metric === "template");
  return { gates: Object.fromEntries(templates.map(({ text }) => [text, check])) };
}
