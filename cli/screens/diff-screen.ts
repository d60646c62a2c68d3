import { stringify } from "yaml";
import type { ChangedObject } from "../../rollout/view/changes.ts";
import { line, type Surface } from "./line.ts";

/** Lines around a change that are shown for orientation. */
const AROUND = 2;

interface Changed {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** What Serin has changed, as a diff of YAML: `-` as the owner wrote it, `+` as it is. */
export function diffScreen(surface: Surface, changed: readonly ChangedObject[]): readonly string[] {
  return changed.flatMap(({ name, namespace, was, is }) => {
    const lines = linesBetween(was === undefined ? [] : yamlOf(was), yamlOf(is));
    const isNear = (i: number) =>
      lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(({ sign }) => sign !== " ");
    const shown = lines.filter((_, i) => isNear(i));
    if (shown.length === 0) return [];
    const before = was === undefined ? "does not exist at rest" : "as its owner wrote it";
    return [
      line(surface, [`--- ${name} -n ${namespace}  ${before}`, "bold"]),
      line(surface, [`+++ ${name} -n ${namespace}  in flight`, "bold"]),
      ...shown.map(({ sign, text }) => {
        if (sign === " ") return line(surface, ` ${text}`);
        return line(surface, [`${sign}${text}`, sign === "-" ? "red" : "green"]);
      }),
    ];
  });
}

function yamlOf(object: object): readonly string[] {
  return stringify(object, { lineWidth: 0 }).trimEnd().split("\n");
}

/** The shortest edit of lines: by the longest common subsequence. */
function linesBetween(was: readonly string[], is: readonly string[]): readonly Changed[] {
  const common = Array.from({ length: was.length + 1 }, () => new Array<number>(is.length + 1).fill(0));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = was.length - 1; i >= 0; i -= 1)
    for (let j = is.length - 1; j >= 0; j -= 1)
      (common[i] as number[])[j] =
        was[i] === is[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: Changed[] = [];
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
