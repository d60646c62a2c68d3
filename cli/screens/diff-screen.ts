import { stringify } from "yaml";
import { changedLines } from "../../rollout/text/line-diff.ts";
import type { ChangedObject } from "../../rollout/view/changes.ts";
import { line, type Surface } from "./line.ts";

/** What Serin has changed, as a diff of YAML: `-` as the owner wrote it, `+` as it is. */
export function diffScreen(surface: Surface, changed: readonly ChangedObject[]): readonly string[] {
  return changed.flatMap(({ name, namespace, was, is }) => {
    const shown = changedLines(was === undefined ? [] : yamlOf(was), yamlOf(is));
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
