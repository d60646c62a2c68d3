import stringWidth from "string-width";
import { cutMiddle, formatTable, GAP } from "../frame/table.ts";
import { line, paragraph, type Surface } from "./line.ts";

/** A column of a told table. */
export interface Column {
  readonly head: string;
  /** In a narrow terminal, longer cells lose their middle. */
  readonly most?: number;
  /** In a narrow terminal, the column with the lowest number goes first; absent: it stays. */
  readonly goes?: number;
}

/** A row: a cell for each column, and what is said of it. */
interface ToldRow {
  readonly cells: readonly string[];
  readonly says: string;
  /** Whether a narrow terminal shows the sentence, too. */
  readonly isUrgent: boolean;
}

/** Rows with a sentence each; `head` stands above the sentences. Without `withHead`, there are no heads. */
export interface ToldTable {
  readonly columns: readonly Column[];
  readonly head: string;
  readonly rows: readonly ToldRow[];
  readonly withHead: boolean;
}

/** The least width of a column of sentences: a shorter piece does not say what is wrong. */
const SENTENCE = 60;
/** How many lines a sentence may have below its row. */
const LINES = 2;

/**
 * A table whose last column is the sentence. Where the terminal leaves too little room for that column, each urgent sentence
 * stands below its row, long names lose their middle, and the least important columns go.
 */
export function toldTable(surface: Surface, { columns, head, rows, withHead }: ToldTable): readonly string[] {
  const cells = rows.map((row) => row.cells);
  const heads = columns.map((column) => column.head);
  const isWide = surface.columns - widthOf([heads, ...cells]) >= SENTENCE;
  if (isWide) {
    const whole = rows.map((row) => [...row.cells, row.says]);
    return formatTable([...(withHead ? [[...heads, head]] : []), ...whole]).map((text) =>
      line(surface, text),
    );
  }
  const [first = [], ...others] = narrowed(columns, [heads, ...cells], surface.columns);
  const laid = formatTable(withHead ? [first, ...others] : others).map((text) => line(surface, text));
  const below = rows.map(({ says, isUrgent }) => (isUrgent && says !== "" ? brief(surface, says) : []));
  return laid.flatMap((text, i) => [text, ...(below[withHead ? i - 1 : i] ?? [])]);
}

/** The rows without as many columns as it takes to fit them into this width. */
function narrowed(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly (readonly string[])[] {
  const made = rows.map((row) => row.map((cell, i) => cutMiddle(cell, columns[i]?.most ?? Infinity)));
  const going = columns
    .flatMap(({ goes }, at) => (goes === undefined ? [] : [{ goes, at }]))
    .sort((a, b) => a.goes - b.goes);
  const gone = new Set<number>();
  for (const { at } of going) {
    const left = made.map((row) => row.filter((_, i) => !gone.has(i)));
    if (widthOf(left) - GAP <= width) break;
    gone.add(at);
  }
  return made.map((row) => row.filter((_, i) => !gone.has(i)));
}

/** The width of these columns, each with the blanks after it. */
function widthOf(rows: readonly (readonly string[])[]): number {
  const count = Math.max(0, ...rows.map((row) => row.length));
  return Array.from(
    { length: count },
    (_, i) => GAP + Math.max(...rows.map((row) => stringWidth(row[i] ?? ""))),
  ).reduce((sum, width) => sum + width, 0);
}

/** The beginning of a sentence, below its row. */
function brief(surface: Surface, says: string): readonly string[] {
  const whole = paragraph(surface, "  ", says);
  if (whole.length <= LINES) return whole;
  return [...whole.slice(0, LINES - 1), line(surface, `${whole[LINES - 1]} …`)];
}
