import type { Findings, JudgeInput } from "../../rollout/judge/evidence.ts";
import { fold, noEvidence } from "../../rollout/judge/fold.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { shareOf } from "../../rollout/traffic/route-record.ts";
import { imageOf } from "../model/cluster.ts";
import { plainCounts } from "./plain-counts.ts";

const TICK_MS = 5_000;

/** How many requests each version gets in a tick of 5 s. */
export interface Traffic {
  readonly canary: number;
  readonly stable: number;
}

/**
 * The findings about both versions under this traffic. An image with "bad" in its name answers a third of its requests
 * with errors; one with "late" does so only once users reach it, not for mirrored copies.
 */
export function evidenceOf(
  snapshot: Snapshot,
  { uid, from, known, sources, terms }: JudgeInput,
  traffic: Traffic,
): Findings {
  if (sources.length === 0) return { unread: "no gateway counts", gates: {} };
  const first = Math.floor(from / TICK_MS) * TICK_MS;
  let judged = known ?? noEvidence({ since: from, from: first, tickMs: TICK_MS, phi: 1, bounds: [] });
  const image = imageOf(snapshot.deployment);
  const hasUsers = snapshot.routes.some((route) => shareOf(route, uid)?.mirror === undefined);
  const bad = image.includes("bad") || (image.includes("late") && hasUsers);
  const { canary, stable } = traffic;
  for (let at = judged.at + TICK_MS; at <= snapshot.now; at += TICK_MS) {
    judged = fold(
      judged,
      {
        at,
        counts: {
          canary: plainCounts(bad ? Math.floor(canary / 3) : 0, canary),
          stable: plainCounts(0, stable),
        },
        present: { canary: true, stable: true },
      },
      terms,
    );
  }
  return { judged, gates: {} };
}
