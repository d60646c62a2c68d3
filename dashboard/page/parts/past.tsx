import type { ComponentChildren } from "preact";
import type { PastRollout } from "../../../rollout/view/view.ts";
import { msBetween, outcomes, short } from "../../../rollout/view/words.ts";
import { countsOf } from "../model/numbers.ts";
import { rowOfPast } from "../model/past.ts";
import { stepsOfPast } from "../model/steps.ts";
import { CommandList } from "./commands.tsx";
import { PagePart } from "./part.tsx";
import { StepList } from "./steps.tsx";
import { Table } from "./text-table.tsx";

interface PastPartProps {
  readonly past: PastRollout;
  readonly commands: readonly string[];
  /** Its diagrams, which come after the verdict. */
  readonly charts: ComponentChildren;
}

/** A rollout that ended, from its record. */
export function PastPart({ past, commands, charts }: PastPartProps) {
  const { strategy, revision, outcome, started, ended, says, evidence, images, requests = [] } = past;
  const { sign, harm, safe } = rowOfPast(past);
  const lasted = started && ended ? ` (${short(msBetween(started, ended))})` : "";
  const time =
    started === undefined ? "" : `, ${dateText(started)} to ${ended ? dateText(ended) : "now"}${lasted}`;
  return (
    <>
      <section class={`verdict ${outcome === "failed" ? "rolled-back" : outcome}`} aria-label="Verdict">
        <p class="state">
          {sign} {outcomes[outcome]}{" "}
          <span class="about">{`${strategy ?? "native"}, revision ${revision ?? "–"}${time}`}</span>
        </p>
        {says === undefined ? null : <p class="says">{says}</p>}
        <StepList steps={stepsOfPast(past)} />
        <dl class="facts">
          {[
            ["harm", harm],
            ["safe", safe],
            ["images", images.join(", ")],
            ...requests.map(({ verb, user, at }) => [verb, `by ${user} at ${dateText(at)}`]),
          ].map(([name, text], i) => (
            <div key={i}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        <CommandList commands={commands} />
      </section>
      {charts}
      {evidence === undefined ? null : (
        <PagePart title="Numbers" isWide={false}>
          <Table caption="What was counted for both versions" table={countsOf(evidence)} />
        </PagePart>
      )}
    </>
  );
}

function dateText(at: string): string {
  return at.slice(0, 19).replace("T", " ");
}
