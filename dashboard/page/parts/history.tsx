import type { PastRollout } from "../../../rollout/view/view.ts";
import { msBetween, outcomes, short } from "../../../rollout/view/words.ts";
import { rowOfPast } from "../model/past.ts";
import { fragmentOf } from "../model/place.ts";
import { PagePart } from "./part.tsx";
import { Wide } from "./text-table.tsx";

interface HistoryProps {
  readonly namespace: string;
  readonly name: string;
  readonly history: readonly PastRollout[];
  /** The revision that the page shows. */
  readonly shown: string | undefined;
}

/** The revisions that native control keeps; each with a record opens its own page. */
export function HistoryPart({ namespace, name, history, shown }: HistoryProps) {
  if (history.length === 0) return null;
  return (
    <PagePart title="History">
      <Wide label="Revisions">
        <table>
          <caption class="hidden">Revisions, the newest first</caption>
          <thead>
            <tr>
              {["revision", "outcome", "images", "lasted", "asked by", "message"].map((text) => (
                <th key={text} scope="col">
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {history.map((past) => {
              const { revision, replicaSet, outcome, images, started, ended, requests, says } = past;
              const isLink = revision !== undefined && outcome !== "native";
              return (
                <tr key={replicaSet} class={outcome === "failed" ? "rolled-back" : outcome}>
                  <th scope="row">
                    {isLink ? (
                      <a
                        data-row
                        href={fragmentOf({ kind: "rollout", namespace, name, revision })}
                        aria-current={revision === shown ? "true" : undefined}
                      >
                        {revision}
                      </a>
                    ) : (
                      (revision ?? "–")
                    )}
                  </th>
                  <td class="state">
                    {rowOfPast(past).sign} {outcomes[outcome]}
                  </td>
                  <td>{images.join(", ")}</td>
                  <td>{started && ended ? short(msBetween(started, ended)) : "–"}</td>
                  <td>{requests?.at(-1)?.user ?? "–"}</td>
                  <td>{says ?? ""}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Wide>
    </PagePart>
  );
}
