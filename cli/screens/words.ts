import type { RolloutView } from "../../rollout/view/view.ts";
import { states } from "../../rollout/view/words.ts";
import type { Paint } from "../frame/terminal.ts";
import type { Span } from "./line.ts";

export {
  clock,
  groupDigits,
  msBetween,
  outcomes,
  percentOf,
  shareText,
  short,
  shortOdds,
  states,
  timeOf,
} from "../../rollout/view/words.ts";

/** The colour of each state. */
const paints: Readonly<Record<RolloutView["state"], Paint>> = {
  rest: "dim",
  preparing: "cyan",
  progressing: "cyan",
  holding: "yellow",
  waiting: "yellow",
  promoting: "green",
  "rolled-back": "red",
  undone: "dim",
};

/** The state with its sign and colour. */
export function stateSpan({ state }: Pick<RolloutView, "state">): Span {
  const [sign, word] = states[state];
  return [`${sign} ${word}`, paints[state]];
}
