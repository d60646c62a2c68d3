import { compareText, seenFrom, urgency, worstFirst } from "../../../rollout/view/urgency.ts";
import type { RolloutView } from "../../../rollout/view/view.ts";

/** The columns of the list, and how a rollout is placed by each. */
const keys = {
  namespace: ({ metadata }) => metadata.namespace,
  name: ({ metadata }) => metadata.name,
  strategy: ({ strategy }) => strategy ?? "",
  state: ({ state }) => urgency[state],
  traffic: ({ traffic }) => traffic.canary,
  harm: ({ evidence }) => partOf(evidence?.harm),
  safe: ({ evidence }) => partOf(evidence?.safe),
  since: (view) => seenFrom(view),
} satisfies Readonly<Record<string, (view: RolloutView) => string | number>>;

/** A column by which a reader may sort. */
export type SortColumn = keyof typeof keys;
/** The reader's choice; without one, the worst come first. */
export interface Sorting {
  readonly column: SortColumn;
  readonly descending: boolean;
}

/** By the reader's choice, and then the worst first. */
export function inOrder(views: Iterable<RolloutView>, sorting?: Sorting): readonly RolloutView[] {
  const worst = worstFirst(views);
  if (sorting === undefined) return worst;
  const keyOfView: (view: RolloutView) => string | number = keys[sorting.column];
  const sign = sorting.descending ? -1 : 1;
  const placed = worst.map((view) => ({ view, key: keyOfView(view) }));
  placed.sort(
    ({ key: a }, { key: b }) =>
      sign * (typeof a === "number" && typeof b === "number" ? a - b : compareText(`${a}`, `${b}`)),
  );
  return placed.map(({ view }) => view);
}

/** The next choice after a click on a column: ascending, descending, the worst first. */
export function nextSorting(now: Sorting | undefined, column: SortColumn): Sorting | undefined {
  if (now?.column !== column) return { column, descending: false };
  return now.descending ? undefined : { column, descending: true };
}

/** The rollouts of a namespace whose name, namespace, state or images contain all words of the filter. */
export function matching(
  views: readonly RolloutView[],
  namespace: string,
  filter: string,
): readonly RolloutView[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return views.filter((view) => {
    if (namespace !== "" && view.metadata.namespace !== namespace) return false;
    if (words.length === 0) return true;
    const images = view.images.map(({ canary, stable }) => canary ?? stable);
    const { metadata, strategy, state } = view;
    const text = [metadata.namespace, metadata.name, strategy, state, ...images].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** How far the evidence is on its way to the limit: 1 at the limit, and less than nothing where there is none. */
function partOf(of: { readonly nats: number; readonly limitNats: number } | undefined): number {
  return of === undefined || of.limitNats <= 0 ? -1 : of.nats / of.limitNats;
}
