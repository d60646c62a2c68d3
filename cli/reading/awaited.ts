import type { RolloutView } from "../../rollout/view/view.ts";
import { type ExitCode, exitCode } from "../frame/exit-code.ts";

/** How a wait ended: the first word of the output, and the exit code. */
export interface Ended {
  readonly word: string;
  readonly code: ExitCode;
}

/** What a wait is for. */
export interface Awaited {
  /** The rollout's name (`started`); absent: nothing was in flight when the wait began. */
  readonly started: string | undefined;
  /** Whether a rollout that waits for a person ends the wait. */
  readonly untilPause: boolean;
  /** A revision, or an image of one of its containers, that must be the one in flight. */
  readonly revision?: string | undefined;
  readonly image?: string | undefined;
}

const ends = {
  promoted: { word: "promoted", code: exitCode.done },
  failed: { word: "rolled-back", code: exitCode.fault },
  undone: { word: "undone", code: exitCode.replaced },
  superseded: { word: "superseded", code: exitCode.replaced },
} as const;

/** Whether the wait is over with what is known now; `undefined`: not yet. A superseding rollout is never a success. */
export function endOf(
  view: RolloutView,
  { started, untilPause, revision, image }: Awaited,
): Ended | undefined {
  if (isAnother(view, revision, image)) return { word: "replaced", code: exitCode.replaced };
  if (view.started !== started) {
    // Nothing was in flight, and nothing began: there is nothing to wait for.
    if (started === undefined && view.state === "rest") return { word: "at-rest", code: exitCode.done };
    return isEarlier(view, started) ? ends.undone : ends.superseded;
  }
  if (view.state === "rest")
    return view.outcome ? ends[view.outcome] : { word: "at-rest", code: exitCode.done };
  if (view.state === "rolled-back") return ends.failed;
  if (view.state === "waiting" && untilPause) return { word: "waiting", code: exitCode.done };
  return undefined;
}

/** Whether nothing newer has begun than the rollout that is waited for: it ended before it had a record. */
function isEarlier(view: RolloutView, started = ""): boolean {
  return view.started === undefined || Date.parse(view.started) < Date.parse(started);
}

function isAnother(view: RolloutView, revision: string | undefined, image: string | undefined): boolean {
  if (revision !== undefined && view.revision !== revision) return true;
  return image !== undefined && !view.images.some(({ stable, canary }) => (canary ?? stable) === image);
}
