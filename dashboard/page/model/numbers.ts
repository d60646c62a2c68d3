import type { EvidenceView } from "../../../rollout/view/view.ts";
import { groupDigits, percentOf } from "../../../rollout/view/words.ts";

/** A table of texts. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What was counted for both versions: requests, failed ones, slow ones, restarts. */
export function countsOf({ requests, failed, slow, restarts }: EvidenceView): TextTable {
  const row = (arm: "stable" | "canary") => [
    arm,
    groupDigits(requests[arm]),
    `${groupDigits(failed[arm])} (${percentOf(failed[arm], requests[arm])})`,
    ...slow.map((one) => `${groupDigits(one[arm])} (${percentOf(one[arm], requests[arm])})`),
    ...(restarts === undefined ? [] : [groupDigits(restarts[arm])]),
  ];
  return {
    head: [
      "version",
      "requests",
      "failed",
      ...slow.map(({ seconds }) => `over ${boundText(seconds)}`),
      ...(restarts === undefined ? [] : ["restarts"]),
    ],
    rows: [row("stable"), row("canary")],
  };
}

/** A bucket boundary: `250 ms`, `1.5 s`. */
export function boundText(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds} s`;
}
