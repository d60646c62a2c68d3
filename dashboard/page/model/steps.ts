import type { PastRollout, RolloutView } from "../../../rollout/view/view.ts";
import { msBetween, short } from "../../../rollout/view/words.ts";

/** One step as people read it. */
export interface StepText {
  readonly look: "done" | "now" | "failed" | "next";
  readonly text: string;
}

type Course = NonNullable<PastRollout["course"]>;

/** The steps of a rollout in flight: those behind it with how long each took, then the present one. */
export function stepsOfView(view: RolloutView, now: number): readonly StepText[] {
  const { steps, step = 0, state, since, course } = view;
  const isOver = state === "rolled-back" || state === "undone";
  const texts = steps.map(({ kind, weight }, i): StepText => {
    const name = kind === "weight" ? `${weight} %` : kind === "mirror" ? `copies ${weight} %` : kind;
    if (i + 1 < step || state === "promoting")
      return { look: "done", text: `${name} ✔${lastedText(course, i + 1)}` };
    if (i + 1 > step) return { look: "next", text: name };
    if (isOver) return { look: "failed", text: `${name} ✖` };
    return {
      look: "now",
      text: `${name} ◑${since === undefined ? "" : ` ${short(now - Date.parse(since))}`}`,
    };
  });
  const last: StepText =
    state === "promoting" ? { look: "now", text: "promote ◑" } : { look: "next", text: "promote" };
  return [...texts, last];
}

/** The weights that a rollout had until it ended, with how long each was in force. */
export function stepsOfPast({ course = [], ended, outcome }: PastRollout): readonly StepText[] {
  const texts = course.map(({ step, weight, at }, i): StepText => {
    const isLast = i === course.length - 1;
    const until = isLast ? ended : course[i + 1]?.at;
    const lasted = until === undefined ? "" : ` ${short(msBetween(at, until))}`;
    const failed = isLast && outcome === "failed";
    return {
      look: failed ? "failed" : "done",
      text: `step ${step}: ${weight} % ${failed ? "✖" : "✔"}${lasted}`,
    };
  });
  return outcome === "promoted" ? [...texts, { look: "done", text: "promote ✔" }] : texts;
}

/** How long a step's weight was in force. */
function lastedText(course: Course, step: number): string {
  const i = course.findIndex((one) => one.step === step);
  const [from, to] = [course[i]?.at, course[i + 1]?.at];
  return from === undefined || to === undefined ? "" : ` ${short(msBetween(from, to))}`;
}
