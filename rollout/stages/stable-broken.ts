import { percent } from "../judge/format.ts";
import { isStableBroken } from "../judge/stable-health.ts";
import { isStableDown, WAY_OUT } from "../workload/stable-down.ts";
import { orderCommand } from "./commands.ts";
import { type Decision, saying } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * How the stable version is broken, as a sentence; `undefined` if it serves as before the rollout. Then the comparison shows
 * nothing: what strikes both versions makes them look alike, and next to errors alone every canary looks good.
 */
export function brokenStable({ stable, evidence, judgeInput }: Snapshot): string | undefined {
  if (isStableDown(stable)) return "No stable pod is ready";
  // Old numbers say nothing about now.
  const judged = judgeInput === undefined || evidence?.unread !== undefined ? undefined : evidence?.judged;
  if (judged?.recent === undefined || !isStableBroken(judged)) return undefined;
  const { recent, usual } = judged;
  const before = usual === undefined ? "" : ` (before the rollout ${percent(usual)})`;
  return `The stable version fails ${percent(recent.bad / recent.total)} of its requests${before}`;
}

/** Adds to the condition how the stable version is broken, and the command that promotes the canary at once: it may be the fix. */
export function reportBrokenStable(snapshot: Snapshot, decision: Decision): Decision {
  const broken = brokenStable(snapshot);
  if (broken === undefined) return decision;
  return saying(decision, `. ${broken}: ${orderCommand(snapshot, "promote")} ${WAY_OUT}`);
}
