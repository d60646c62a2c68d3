import { msBetween, outcomes, short } from "../../../rollout/view/words.ts";
import type { EndedList, EndedRollout } from "../../api.ts";
import { useFetched } from "../fetched.ts";
import { fragmentOf, type ListPlace } from "../model/place.ts";

const ENDED_MS = 15_000;
const columns = ["ended", "namespace", "name", "revision", "outcome", "at", "lasted", "asked by"] as const;

/** The rollouts that ended, the newest first. */
export function EndedPage({ place }: { readonly place: ListPlace }) {
  const query = place.namespace === "" ? "" : `?namespace=${encodeURIComponent(place.namespace)}`;
  const { data, error } = useFetched<EndedList>(`api/ended${query}`, ENDED_MS);
  const words = place.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = data?.ended.filter((one) => words.every((word) => textOf(one).includes(word)));
  return (
    <>
      {error === undefined ? null : <p class="failure">{error}</p>}
      {shown === undefined ? null : shown.length === 0 ? (
        <p class="empty">No rollout that you may see has ended and left a record.</p>
      ) : (
        <table class="list cards ended">
          <caption class="hidden">Rollouts that ended, the newest first</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          {shown.map((one) => (
            <EndedRow key={`${one.namespace}/${one.replicaSet}`} of={one} />
          ))}
        </table>
      )}
    </>
  );
}

function EndedRow({ of }: { readonly of: EndedRollout }) {
  const { namespace, name, revision, outcome, started, ended, weight, requests, says } = of;
  const cells = {
    ended: ended?.slice(0, 19).replace("T", " ") ?? "–",
    namespace,
    name,
    revision: revision ?? "–",
    outcome: outcomes[outcome],
    at: weight === undefined ? "–" : `${weight} %`,
    lasted: started && ended ? short(msBetween(started, ended)) : "–",
    "asked by": requests?.at(-1)?.user ?? "–",
  };
  return (
    <tbody class={outcome === "failed" ? "rolled-back" : outcome}>
      <tr>
        {columns.map((column) =>
          column === "name" ? (
            <th key={column} scope="row" data-label={column}>
              <a
                data-row
                href={fragmentOf({ kind: "rollout", namespace, name, ...(revision && { revision }) })}
              >
                {name}
              </a>
            </th>
          ) : (
            <td key={column} data-label={column} class={column === "outcome" ? "state" : undefined}>
              {cells[column]}
            </td>
          ),
        )}
      </tr>
      {outcome !== "failed" || says === undefined ? null : (
        <tr class="wanted">
          <td colSpan={columns.length}>{says}</td>
        </tr>
      )}
    </tbody>
  );
}

function textOf({ namespace, name, outcome, images }: EndedRollout): string {
  return [namespace, name, outcomes[outcome], ...images].join(" ").toLowerCase();
}
