import type { RolloutView } from "./view.ts";

/** How urgent a state is: the lowest number comes first. */
export const urgency: Readonly<Record<RolloutView["state"], number>> = {
  "rolled-back": 0,
  waiting: 1,
  holding: 2,
  preparing: 3,
  progressing: 3,
  promoting: 3,
  undone: 4,
  rest: 5,
};

/** The worst first: rolled back, waiting, holding, in progress, the rest; then the oldest. */
export function worstFirst(views: Iterable<RolloutView>): readonly RolloutView[] {
  // Ages are read once: a comparison that parses times would take most of an update of a thousand rows.
  const placed = [...views].map((view) => ({ view, urgent: urgency[view.state], age: seenFrom(view) }));
  placed.sort((a, b) => a.urgent - b.urgent || a.age - b.age || byName(a.view, b.view));
  return placed.map(({ view }) => view);
}

/** Since when (ms since the epoch) a person might have looked at a rollout. */
export function seenFrom({ started, at }: RolloutView): number {
  return Date.parse(started ?? at);
}

function byName(a: RolloutView, b: RolloutView): number {
  return (
    compareText(a.metadata.namespace, b.metadata.namespace) || compareText(a.metadata.name, b.metadata.name)
  );
}

/** Places texts by their code units, which is faster than by a language's rules. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
