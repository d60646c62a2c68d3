import { useLayoutEffect, useState } from "preact/hooks";
import type { RolloutView } from "../../../rollout/view/view.ts";
import type { RolloutList } from "../../api.ts";
import { useFetched } from "../fetched.ts";
import { rolloutKey } from "../model/listed.ts";
import { inOrder, matching, nextSorting, type SortColumn, type Sorting } from "../model/order.ts";
import { fragmentOf, type ListPlace, type RolloutPlace } from "../model/place.ts";
import { RolloutRow } from "./rollout-row.tsx";

const columns: Readonly<Record<SortColumn, string>> = {
  namespace: "namespace",
  name: "name",
  strategy: "strategy",
  state: "state",
  traffic: "traffic",
  harm: "harm (of its limit)",
  safe: "safe (of its limit)",
  since: "since",
};
const OPTED_IN_MS = 15_000;
/** Of a list with more rows, the browser draws those in sight. */
const MOST_DRAWN = 100;
/** Ages change together, so that an event of the stream draws only the rows that it changes. */
const AGES_MS = 5_000;

interface ListPageProps {
  readonly place: ListPlace;
  /** Absent until the server has answered. */
  readonly views: readonly RolloutView[] | undefined;
  readonly now: number;
  readonly error: string | undefined;
  /** The rollout that the reader comes back from. */
  readonly opened: RolloutPlace | undefined;
}

/** The rollouts in flight, or every opted-in Deployment. */
export function ListPage({ place, views, now, error, opened }: ListPageProps) {
  const isAll = place.tab === "opted-in";
  const all = useFetched<RolloutList>(isAll ? "api/rollouts?all=true" : undefined, OPTED_IN_MS);
  const [sorting, setSorting] = useState<Sorting>();
  // Later it would take the focus from where a key has put it.
  useLayoutEffect(() => focusOn(opened), []);
  const known = isAll ? all.data && together(all.data.rollouts, views ?? []) : views;
  const failure = isAll ? all.error : error;
  const shown = known && inOrder(matching(known, place.namespace, place.filter), sorting);
  return (
    <>
      {failure === undefined ? null : <p class="failure">{failure}</p>}
      {shown === undefined ? (
        failure === undefined ? (
          <p>…</p>
        ) : null
      ) : shown.length === 0 ? (
        <p class="empty">{emptyText(place, known?.length ?? 0)}</p>
      ) : (
        <table class={`list cards rollouts${shown.length > MOST_DRAWN ? " long" : ""}`}>
          <caption class="hidden">
            {isAll ? "Opted-in Deployments" : "Rollouts in flight"}, the worst first
          </caption>
          <thead>
            <tr>
              {(Object.keys(columns) as SortColumn[]).map((column) => (
                <th key={column} scope="col" aria-sort={ariaSort(sorting, column)}>
                  <button type="button" onClick={() => setSorting(nextSorting(sorting, column))}>
                    {columns[column]}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          {shown.map((view) => (
            <RolloutRow key={rolloutKey(view)} view={view} now={Math.floor(now / AGES_MS) * AGES_MS} />
          ))}
        </table>
      )}
    </>
  );
}

/** Puts the focus where it was, so that `j` goes on from there. */
function focusOn(opened: RolloutPlace | undefined): void {
  if (opened === undefined) return;
  const { revision: _any, ...place } = opened;
  document.querySelector<HTMLElement>(`a[href="${CSS.escape(fragmentOf(place))}"]`)?.focus();
}

/** All Deployments, with what the stream has said since. */
function together(all: readonly RolloutView[], live: readonly RolloutView[]): readonly RolloutView[] {
  const views = new Map([...all, ...live].map((view) => [rolloutKey(view), view]));
  return [...views.values()];
}

function ariaSort(sorting: Sorting | undefined, column: SortColumn) {
  if (sorting?.column !== column) return "none";
  return sorting.descending ? "descending" : "ascending";
}

function emptyText({ tab, namespace, filter }: ListPlace, known: number): string {
  if (known > 0)
    return `None of ${known} fits ${[filter && `the filter "${filter}"`, namespace && `the namespace ${namespace}`].filter(Boolean).join(" and ")}.`;
  return tab === "opted-in"
    ? "No Deployment that you may see has the annotation serin.dev/rollout."
    : "No rollout is in flight.";
}
