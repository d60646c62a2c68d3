import { Component } from "preact";
import type { RolloutView } from "../../../rollout/view/view.ts";
import { fragmentOf } from "../model/place.ts";
import { listRowOf, type Measure, sinceText } from "../model/row.ts";
import { barStyle } from "./bar.ts";
import { CopyCommand } from "./copy.tsx";

interface RowProps {
  readonly view: RolloutView;
  readonly now: number;
}

/** A rollout of the list. It is drawn again only if one of its texts may differ: there may be a thousand. */
export class RolloutRow extends Component<RowProps> {
  override shouldComponentUpdate({ view, now }: RowProps): boolean {
    if (view !== this.props.view) return true;
    return now !== this.props.now && sinceText(view, now) !== sinceText(view, this.props.now);
  }

  override render({ view, now }: RowProps) {
    const row = listRowOf(view, now);
    const { namespace, name } = view.metadata;
    return (
      <tbody class={row.look}>
        <tr>
          <td data-label="namespace">{namespace}</td>
          <th scope="row" data-label="name">
            <a data-row href={fragmentOf({ kind: "rollout", namespace, name })}>
              {name}
            </a>
          </th>
          <td data-label="strategy">{view.strategy ?? "–"}</td>
          <td data-label="state" class="state">
            {row.state}
          </td>
          <td data-label="traffic" class="part traffic" style={barStyle(view.traffic.canary / 100)}>
            {row.traffic}
          </td>
          <MeasureCell label="harm" of={row.harm} />
          <MeasureCell label="safe" of={row.safe} />
          <td data-label="since">{row.since}</td>
        </tr>
        {row.wanted === undefined ? null : (
          <tr class="wanted">
            <td colSpan={8}>
              {row.wanted.says} <CopyCommand text={row.wanted.command} />
            </td>
          </tr>
        )}
      </tbody>
    );
  }
}

function MeasureCell({ label, of }: { readonly label: "harm" | "safe"; readonly of: Measure }) {
  return (
    <td data-label={label} class={`part ${label}`} style={barStyle(of.part ?? 0)}>
      {of.text}
    </td>
  );
}
