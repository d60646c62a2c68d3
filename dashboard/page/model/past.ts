import type { PastRollout } from "../../../rollout/view/view.ts";
import { shortOdds } from "../../../rollout/view/words.ts";

/** The sign and the evidence of a rollout that ended. */
export interface PastTexts {
  readonly sign: string;
  readonly harm: string;
  readonly safe: string;
}

const signs: Readonly<Record<PastRollout["outcome"], string>> = {
  running: "◑",
  proven: "◑",
  promoted: "✔",
  failed: "✖",
  undone: "–",
  superseded: "–",
  native: "–",
};

/** The texts of a record. */
export function rowOfPast({ outcome, evidence }: PastRollout): PastTexts {
  const against = (of: { readonly odds: number; readonly limit: number } | undefined) =>
    of === undefined ? "–" : `${shortOdds(of.odds)}:1 of ${shortOdds(of.limit)}:1`;
  return { sign: signs[outcome], harm: against(evidence?.harm), safe: against(evidence?.safe) };
}
