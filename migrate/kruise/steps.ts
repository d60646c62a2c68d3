import { stringify } from "yaml";
import type { Annotations } from "../accepted.ts";
import { differs, type Note, notCarried } from "../note.ts";
import { stepsText, type TimedStep } from "../steps-text.ts";
import type { KruiseStrategy } from "./rollout.ts";

/** The steps of a strategy as annotations. `path` is its place: blueGreen and canary have the same steps. */
export function annotationsOfSteps(
  { steps }: KruiseStrategy,
  path: string,
): { readonly annotations: Annotations; readonly notes: readonly Note[] } {
  const notes: Note[] = [];
  const written: TimedStep[] = [];
  let before = 0;
  for (const { traffic, pause, matches } of steps) {
    const weight = Number.parseInt(traffic ?? "0", 10);
    const ms = pause.duration === undefined ? undefined : pause.duration * 1000;
    const isNew = weight > before && weight <= 100;
    if (isNew) {
      written.push({ weight, ms: ms ?? 0 });
      before = weight;
    } else if (weight > 0 && weight !== before)
      notes.push(
        differs(
          `${path}.steps[].traffic`,
          `${weight} after ${before} is left out: the weights of Serin's steps increase`,
        ),
      );
    else if (ms !== undefined)
      notes.push(
        notCarried(
          `${path}.steps[].pause.duration`,
          "a timed step without a weight of its own has no counterpart",
        ),
      );
    if (traffic === undefined && matches === undefined)
      notes.push(
        differs(
          `${path}.steps[].replicas`,
          "a step without traffic only adds pods: Serin's pods follow the weight, or `serin.dev/size`",
        ),
      );
    // Kruise waits for a person where no duration stands, but not after the last pods.
    const waits = ms === undefined && weight < 100;
    if (waits && written.at(-1)?.weight !== "pause") written.push({ weight: "pause", ms: 0 });
  }
  if (before === 0)
    return {
      annotations: {},
      notes: [
        ...notes,
        notCarried(
          `${path}.steps`,
          "no step has a share of the traffic: name weights in `serin.dev/steps` to opt in",
        ),
      ],
    };
  const shares = steps
    .map(({ traffic }) => Number.parseInt(traffic ?? "0", 10))
    .filter((weight) => weight > 0);
  const isSwitch = path.endsWith("blueGreen") && shares.every((weight) => weight === 100);
  const { text, change } = stepsText(written);
  if (change !== undefined) notes.push(differs(`${path}.steps`, change));
  const size = sizeOf(steps, path, isSwitch);
  const testers = testersOf(steps, path);
  return {
    annotations: {
      "serin.dev/rollout": isSwitch ? "blue-green" : "canary",
      "serin.dev/steps": text,
      ...size.annotations,
      ...testers.annotations,
    },
    notes: [...notes, ...size.notes, ...testers.notes],
  };
}

type Steps = KruiseStrategy["steps"];

function sizeOf(
  steps: Steps,
  path: string,
  isSwitch: boolean,
): { readonly annotations: Annotations; readonly notes: readonly Note[] } {
  if (isSwitch) return { annotations: {}, notes: [] };
  // Both versions of a blue-green rollout have all pods, also where they share the traffic.
  if (path.endsWith("blueGreen")) return { annotations: { "serin.dev/size": "100%" }, notes: [] };
  const written = steps.filter(
    ({ replicas, traffic }) => replicas !== undefined && String(replicas) !== traffic,
  );
  const sizes = [...new Set(written.map(({ replicas }) => String(replicas)))];
  const largest = sizes
    .toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))
    .find((size) => Number.parseInt(size, 10) > 0);
  if (largest === undefined) return { annotations: {}, notes: [] };
  const says = `\`serin.dev/size: ${largest}\`, the largest of the steps, for all of them`;
  const isOne = sizes.length === 1 && written.length === steps.length;
  return {
    annotations: { "serin.dev/size": largest },
    notes: isOne ? [] : [differs(`${path}.steps[].replicas`, says)],
  };
}

function testersOf(
  steps: Steps,
  path: string,
): { readonly annotations: Annotations; readonly notes: readonly Note[] } {
  const all = steps.flatMap(({ matches = [] }) => matches);
  const whole = all.filter(
    ({ path: at, headers = [], queryParams = [] }) =>
      at === undefined && headers.length + queryParams.length > 0,
  );
  const notes =
    whole.length < all.length
      ? [
          notCarried(
            `${path}.steps[].matches[].path`,
            "a match with a path is left out: without it, more users would be testers",
          ),
        ]
      : [];
  if (whole.length === 0) return { annotations: {}, notes };
  const matches = whole.map(({ headers, queryParams }) => ({
    ...(headers && { headers }),
    ...(queryParams && { queryParams }),
  }));
  return { annotations: { "serin.dev/match": stringify(matches, { lineWidth: 0 }) }, notes };
}
