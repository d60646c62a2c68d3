import UPlot from "uplot";
import type { Charts } from "../api.ts";
import { type Curve, type CurveLook, type Diagram, numberText, secondsText } from "./model/curves.ts";

const HEIGHT = 190;
/** The pointer in one diagram shows the same time in the others. */
const SYNC = "rollout";
const dashes: Readonly<Partial<Record<CurveLook, number[]>>> = {
  allowed: [2, 3],
  "harm-limit": [6, 4],
  "safe-limit": [6, 4],
  "stable-rate": [2, 4],
  "canary-rate": [2, 4],
};

/** What a plot draws. */
export interface Drawn extends Pick<Charts, "times" | "course"> {
  readonly diagram: Diagram;
}

/** A diagram on a canvas. Its colours are those of the legend's rows, so that the style sheet decides them all. */
export class Plot {
  private readonly box: HTMLElement;
  private readonly legend: HTMLElement;
  private readonly onTime: (index: number | undefined) => void;
  private readonly resized: ResizeObserver;
  private plot: UPlot | undefined;
  private drawn: Drawn | undefined;

  /** `onTime` is told the index of the time under the pointer. */
  constructor(box: HTMLElement, legend: HTMLElement, onTime: (index: number | undefined) => void) {
    this.box = box;
    this.legend = legend;
    this.onTime = onTime;
    this.resized = new ResizeObserver(() => this.plot?.setSize({ width: box.clientWidth, height: HEIGHT }));
    this.resized.observe(box);
  }

  /** Draws new numbers; the same curves keep their canvas. */
  show(drawn: Drawn): void {
    const isSame = this.drawn !== undefined && shapeOf(this.drawn) === shapeOf(drawn);
    this.drawn = drawn;
    if (this.plot !== undefined && isSame) this.plot.setData(dataOf(drawn));
    else this.recolour();
  }

  /** Draws everything again, in the present colours. */
  recolour(): void {
    this.plot?.destroy();
    if (this.drawn === undefined) return;
    this.plot = new UPlot(this.options(this.drawn), dataOf(this.drawn), this.box);
  }

  /** Removes the canvas. */
  end(): void {
    this.resized.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }

  private options({ diagram }: Drawn): UPlot.Options {
    const { color: ink } = getComputedStyle(this.box);
    const grid = { stroke: withAlpha(ink, 0.12), width: 1 };
    const axis = { stroke: ink, grid, ticks: grid, font: "11px system-ui" };
    const hasRates = diagram.curves.some(({ isRate }) => isRate);
    const [upper = 0, lower = 0] = diagram.band ?? [];
    return {
      width: this.box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { sync: { key: SYNC }, drag: { x: false, y: false }, y: false },
      scales: { x: { time: true }, y: { range: rangeOf }, ...(hasRates && { rate: { range: rangeOf } }) },
      axes: [
        { ...axis, values: (_, splits) => splits.map(secondsText), space: 70, size: 34 },
        { ...axis, values: (_, splits) => splits.map(numberText), size: 46 },
        ...(hasRates
          ? [
              {
                ...axis,
                scale: "rate",
                side: 1 as const,
                grid: { show: false },
                values: valuesText,
                size: 46,
              },
            ]
          : []),
      ],
      series: [{}, ...diagram.curves.map((curve, i) => this.series(curve, i))],
      ...(diagram.band && {
        bands: [
          { series: [upper + 1, lower + 1] as [number, number], fill: withAlpha(this.colour(upper), 0.15) },
        ],
      }),
      hooks: {
        drawClear: [(plot) => this.drawSteps(plot, ink)],
        setCursor: [({ cursor }) => this.onTime(cursor.idx ?? undefined)],
      },
    };
  }

  private series({ name, look, isRate, isStepped }: Curve, i: number): UPlot.Series {
    const stepped = isStepped ? UPlot.paths.stepped?.({ align: 1 }) : undefined;
    return {
      label: name,
      stroke: this.colour(i),
      width: look === "canary" ? 2 : 1.25,
      points: { show: false },
      ...(dashes[look] && { dash: dashes[look] }),
      ...(isRate && { scale: "rate" }),
      ...(stepped && { paths: stepped }),
    };
  }

  /** Vertical lines where a weight came into force, each with the weight. */
  private drawSteps(plot: UPlot, ink: string): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = withAlpha(ink, 0.45);
    ctx.fillStyle = ink;
    ctx.lineWidth = devicePixelRatio;
    ctx.font = `${10 * devicePixelRatio}px system-ui`;
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    for (const { at, weight } of this.drawn?.course ?? []) {
      const x = Math.round(plot.valToPos(at, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.fillText(`${weight} %`, x + 3 * devicePixelRatio, bbox.top);
    }
    ctx.restore();
  }

  private colour(curve: number): string {
    const row = this.legend.children[curve];
    return row === undefined ? "gray" : getComputedStyle(row).color;
  }
}

/** What needs a new canvas when it changes. */
function shapeOf({ diagram }: Drawn): string {
  return diagram.curves.map(({ name }) => name).join();
}

function dataOf({ diagram, times }: Drawn): UPlot.AlignedData {
  return [times as number[], ...diagram.curves.map(({ values }) => values as (number | null)[])];
}

/** From zero on, with room above; also if all values are equal. */
function rangeOf(_: UPlot, least: number | null, most: number | null): [number, number] {
  const top = Math.max(0, most ?? 0);
  const bottom = Math.min(0, least ?? 0);
  const room = (top - bottom || 1) * 0.1;
  return [bottom === 0 ? 0 : bottom - room, top + room];
}

function valuesText(_: UPlot, splits: number[]): string[] {
  return splits.map(numberText);
}

/** `rgb(1, 2, 3)` with an opacity. */
function withAlpha(colour: string, alpha: number): string {
  return colour.startsWith("rgb(") ? `${colour.slice(0, -1)}, ${alpha})`.replace("rgb(", "rgba(") : colour;
}
