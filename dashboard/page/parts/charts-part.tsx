import { useState } from "preact/hooks";
import type { Charts } from "../../api.ts";
import { useFetched } from "../fetched.ts";
import { diagramsOf } from "../model/curves.ts";
import { boundText } from "../model/numbers.ts";
import { DiagramPart } from "./diagram-part.tsx";
import { PagePart } from "./part.tsx";

const LIVE_MS = 10_000;
/** Prometheus does not change what a rollout was that ended. */
const ENDED_MS = 600_000;

interface ChartsPartProps {
  /** The address of the rollout. */
  readonly path: string;
  readonly revision: string;
  readonly isLive: boolean;
}

/** The four diagrams of a rollout. */
export function ChartsPart({ path, revision, isLive }: ChartsPartProps) {
  const url = `${path}/charts?revision=${encodeURIComponent(revision)}`;
  const { data, error } = useFetched<Charts>(url, isLive ? LIVE_MS : ENDED_MS);
  const [chosen, setChosen] = useState<number>();
  if (data === undefined)
    return (
      <PagePart title="Charts">{error === undefined ? <p>…</p> : <p class="failure">{error}</p>}</PagePart>
    );
  const bound = Math.min(chosen ?? Math.floor(data.slow.length / 2), Math.max(0, data.slow.length - 1));
  const choice =
    data.slow.length < 2 ? null : (
      <label>
        <b>Slower than</b>{" "}
        <select value={`${bound}`} onChange={({ currentTarget }) => setChosen(Number(currentTarget.value))}>
          {data.slow.map(({ seconds }, i) => (
            <option key={seconds} value={`${i}`}>
              {boundText(seconds)}
            </option>
          ))}
        </select>
      </label>
    );
  return (
    <PagePart title="Charts">
      {data.says === undefined ? null : <p class="says">{data.says}</p>}
      {error === undefined ? null : <p class="failure">{error}</p>}
      {data.times.length === 0 ? null : (
        <div class="diagrams">
          {diagramsOf(data, bound).map((diagram, i) => (
            <DiagramPart
              key={i}
              {...{ diagram, times: data.times, course: data.course }}
              {...(diagram.isOfBound && { choice })}
            />
          ))}
        </div>
      )}
    </PagePart>
  );
}
