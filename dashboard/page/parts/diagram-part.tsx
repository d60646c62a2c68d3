import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Charts } from "../../api.ts";
import { type Diagram, diagramSentence, diagramTable, numberText, secondsText } from "../model/curves.ts";
import { Plot } from "../plot.ts";
import { onColours } from "../theme.ts";
import { Table } from "./text-table.tsx";

interface DiagramPartProps extends Pick<Charts, "times" | "course"> {
  readonly diagram: Diagram;
  /** A choice of what it shows, in place of its title. */
  readonly choice?: ComponentChildren;
}

/** A diagram with its legend, and the same numbers as a table. */
export function DiagramPart({ diagram, times, course, choice }: DiagramPartProps) {
  const box = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const plot = useRef<Plot | undefined>(undefined);
  /** The index of the time under the pointer. */
  const [at, setAt] = useState<number>();
  const [isOpen, setOpen] = useState(false);
  const { title, unit, curves } = diagram;
  const shown = at !== undefined && at < times.length ? at : times.length - 1;
  useEffect(() => {
    if (box.current === null || legend.current === null) return;
    const drawn = new Plot(box.current, legend.current, setAt);
    plot.current = drawn;
    const end = onColours(() => drawn.recolour());
    return () => {
      end();
      drawn.end();
    };
  }, []);
  useEffect(() => plot.current?.show({ diagram, times, course }), [diagram, times, course]);
  return (
    <figure>
      <figcaption>
        {choice ?? <b>{title}</b>}, {unit}
      </figcaption>
      <div class="plot" ref={box} role="img" aria-label={diagramSentence(diagram, times)} />
      <ul class="legend" ref={legend} aria-hidden="true">
        {curves.map(({ name, look, values }) => (
          <li key={name} class={`look-${look}`}>
            {name} <span>{numberText(values[shown])}</span>
          </li>
        ))}
        <li class="at">{times[shown] === undefined ? "" : secondsText(times[shown])}</li>
      </ul>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>numbers</summary>
        {isOpen ? <Table caption={title} table={diagramTable(diagram, times)} /> : null}
      </details>
    </figure>
  );
}
