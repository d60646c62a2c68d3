/** Lines around a change that are shown for orientation. */
const AROUND = 2;

/** A line of a diff: kept, of the first text only, or of the second text only. */
export interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** The changed lines between two texts, each with a few lines around it; empty if the texts are equal. */
export function changedLines(was: readonly string[], is: readonly string[]): readonly DiffLine[] {
  const lines = linesBetween(was, is);
  const isNear = (i: number) =>
    lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(({ sign }) => sign !== " ");
  return lines.filter((_, i) => isNear(i));
}

/** The shortest edit of lines: by the longest common subsequence. */
function linesBetween(was: readonly string[], is: readonly string[]): readonly DiffLine[] {
  const common = Array.from({ length: was.length + 1 }, () => new Array<number>(is.length + 1).fill(0));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = was.length - 1; i >= 0; i -= 1)
    for (let j = is.length - 1; j >= 0; j -= 1)
      (common[i] as number[])[j] =
        was[i] === is[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < was.length || j < is.length) {
    if (i < was.length && j < is.length && was[i] === is[j]) {
      lines.push({ sign: " ", text: was[i] ?? "" });
      i += 1;
      j += 1;
    } else if (i < was.length && (j >= is.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: "-", text: was[i] ?? "" });
      i += 1;
    } else {
      lines.push({ sign: "+", text: is[j] ?? "" });
      j += 1;
    }
  }
  return lines;
}
