import { useLayoutEffect, useRef } from "preact/hooks";
import type { RolloutView } from "../../../rollout/view/view.ts";
import type { RolloutDetail } from "../../api.ts";
import { useFetched } from "../fetched.ts";
import { fragmentOf, type RolloutPlace } from "../model/place.ts";
import { type PageSubject, subjectOf } from "../model/subject.ts";
import { ChangesPart } from "./changes.tsx";
import { ChartsPart } from "./charts-part.tsx";
import { EventsPart } from "./events.tsx";
import { FlightPart } from "./flight.tsx";
import { HistoryPart } from "./history.tsx";
import { PastPart } from "./past.tsx";

const DETAIL_MS = 5_000;

interface RolloutPageProps {
  readonly place: RolloutPlace;
  /** What the stream says of it, if it is in flight. */
  readonly live: RolloutView | undefined;
  readonly now: number;
  /** The fragment of the list. */
  readonly back: string;
}

/** One rollout, in flight or from its record, with its curves, objects, events and history. */
export function RolloutPage({ place, live, now, back }: RolloutPageProps) {
  const { namespace, name } = place;
  const path = `api/rollouts/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  const { data, error } = useFetched<RolloutDetail>(path, DETAIL_MS);
  const shown = data && subjectOf(data, live, place.revision);
  const charts =
    shown !== undefined && isCounted(shown) ? (
      <ChartsPart path={path} revision={shown.revision} isLive={shown.kind === "flight"} />
    ) : null;
  const heading = useRef<HTMLHeadingElement>(null);
  // The row that had the focus is gone.
  useLayoutEffect(() => heading.current?.focus(), []);
  return (
    <article>
      <h2 ref={heading} tabIndex={-1}>
        <a class="back" href={back}>
          ← all
        </a>{" "}
        <a href={fragmentOf({ kind: "rollout", namespace, name })}>
          {namespace} / {name}
        </a>
      </h2>
      {error === undefined ? null : <p class="failure">{error}</p>}
      {data === undefined || shown === undefined ? (
        error === undefined ? (
          <p>…</p>
        ) : null
      ) : (
        <>
          {data.missing.map((one) => (
            <p key={one} class="failure">
              {one}
            </p>
          ))}
          {shown.kind === "flight" ? (
            <FlightPart view={shown.view} {...{ now, commands: data.commands, charts }} />
          ) : null}
          {shown.kind === "past" ? (
            <PastPart past={shown.past} {...{ commands: data.commands, charts }} />
          ) : null}
          {shown.kind === "none" ? <p class="empty">{noneText(shown.revision)}</p> : null}
          <EventsPart events={data.events} />
          <HistoryPart {...{ namespace, name }} history={data.history} shown={shown.revision} />
          <ChangesPart changes={data.changes} />
        </>
      )}
    </article>
  );
}

/** Whether it has had a weight, so that there may be curves. */
function isCounted(subject: PageSubject): subject is Exclude<PageSubject, { readonly kind: "none" }> {
  if (subject.kind === "none") return false;
  return subject.kind === "past" || subject.view.step !== undefined;
}

function noneText(revision: string | undefined): string {
  return revision === undefined
    ? "No rollout has run here yet."
    : `Revision ${revision} has no record: native control keeps fewer revisions, or no rollout of Serin started it.`;
}
