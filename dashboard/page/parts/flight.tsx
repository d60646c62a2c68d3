import type { ComponentChildren } from "preact";
import type { RolloutView } from "../../../rollout/view/view.ts";
import { clock, short, timeOf } from "../../../rollout/view/words.ts";
import { countsOf } from "../model/numbers.ts";
import { listRowOf, type Measure, stateText } from "../model/row.ts";
import { stepsOfView } from "../model/steps.ts";
import { barStyle } from "./bar.ts";
import { CommandList } from "./commands.tsx";
import { CopyCommand } from "./copy.tsx";
import { ObjectsPart } from "./objects.tsx";
import { PagePart } from "./part.tsx";
import { PodsPart } from "./pods.tsx";
import { StepList } from "./steps.tsx";
import { Table } from "./text-table.tsx";

interface FlightPartProps {
  readonly view: RolloutView;
  readonly now: number;
  readonly commands: readonly string[];
  /** Its diagrams, which come after the verdict. */
  readonly charts: ComponentChildren;
}

/** A rollout in flight: the verdict so far, the diagrams, the numbers, the checks and the objects. */
export function FlightPart({ view, now, commands, charts }: FlightPartProps) {
  const { strategy, revision, started, ended, requests, says, state, evidence, checks, images, waits } = view;
  const row = listRowOf(view, now);
  const age = started === undefined ? "" : `, ${timeOf(started, ended, row.since)}`;
  const asked = requests[0] === undefined ? "" : `, asked by ${requests[0].user}`;
  return (
    <>
      <section class={`verdict ${state}`} aria-label="Verdict">
        <p class="state">
          {stateText(view)} <span class="about">{`${strategy}, revision ${revision}${age}${asked}`}</span>
        </p>
        {says === undefined ? null : <p class="says">{says}</p>}
        {waits === undefined ? null : (
          <p>
            ends the wait: <CopyCommand text={waits.command} />
          </p>
        )}
        <StepList steps={stepsOfView(view, now)} />
        <dl class="facts">
          <BarFact look="traffic" of={{ part: view.traffic.canary / 100, text: row.traffic }} />
          <BarFact look="harm" of={row.harm} />
          <BarFact look="safe" of={{ ...row.safe, text: safeText(view, row.safe.text) }} />
          {images.map(({ container, stable, canary }) => (
            <div key={container}>
              <dt>{container}</dt>
              <dd>{imageText(stable, canary)}</dd>
            </div>
          ))}
        </dl>
        <CommandList commands={commands} />
      </section>
      {charts}
      {evidence === undefined ? null : (
        <PagePart title="Numbers" isWide={false}>
          <Table caption="What was counted for both versions" table={countsOf(evidence)} />
          <p class="numbers-of">counted until {clock(evidence.at)}</p>
        </PagePart>
      )}
      {checks.length === 0 ? null : (
        <PagePart title="Checks" isWide={false}>
          <ul class="plain">
            {checks.map(({ text, holds, says }) => (
              <li key={text} class={holds === false ? "rolled-back" : undefined}>
                {holds === undefined ? "–" : holds ? "✔" : "✖"}{" "}
                {says.startsWith(text) ? says : `${text}: ${says}`}
              </li>
            ))}
          </ul>
        </PagePart>
      )}
      <ObjectsPart view={view} />
      <PodsPart pods={view.pods} now={now} />
    </>
  );
}

function BarFact({ look, of }: { readonly look: "traffic" | "harm" | "safe"; readonly of: Measure }) {
  return (
    <div>
      <dt>{look}</dt>
      <dd class={`part ${look}`} style={barStyle(of.part ?? 0)}>
        {of.text}
      </dd>
    </div>
  );
}

function safeText({ evidence }: RolloutView, text: string): string {
  const left = evidence?.safe?.etaSeconds;
  return left === undefined || left === 0 ? text : `${text}, about ${short(left * 1000)} more`;
}

function imageText(stable: string | undefined, canary: string | undefined): string {
  if (canary === undefined) return `${stable} → removed`;
  if (stable === undefined) return `new → ${canary}`;
  return stable === canary ? stable : `${stable} → ${canary}`;
}
