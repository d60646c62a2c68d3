import type { RolloutView } from "../../../rollout/view/view.ts";

/** How many rollouts are in which state, in words, the worst first; without those at rest. */
export function listSummary(views: Iterable<RolloutView>): readonly SummaryPart[] {
  const counts = { bad: 0, waiting: 0, holding: 0, going: 0 };
  for (const { state } of views) {
    const kind = kinds[state];
    if (kind !== undefined) counts[kind] += 1;
  }
  const { bad, waiting, holding, going } = counts;
  const all: readonly SummaryPart[] = [
    { look: "rolled-back", count: bad, text: `✖ ${bad} rolled back` },
    {
      look: "waiting",
      count: waiting,
      text: `‖ ${waiting} ${waiting === 1 ? "waits" : "wait"} for a person`,
    },
    {
      look: "holding",
      count: holding,
      text: `‖ ${holding} ${holding === 1 ? "holds" : "hold"} for evidence`,
    },
    { look: "progressing", count: going, text: `◑ ${going} in progress` },
  ];
  return all.filter(({ count }) => count > 0);
}

/** A part of the summary. */
export interface SummaryPart {
  readonly look: RolloutView["state"];
  readonly count: number;
  readonly text: string;
}

const kinds: Readonly<Record<RolloutView["state"], "bad" | "waiting" | "holding" | "going" | undefined>> = {
  "rolled-back": "bad",
  waiting: "waiting",
  holding: "holding",
  preparing: "going",
  progressing: "going",
  promoting: "going",
  undone: "going",
  rest: undefined,
};
