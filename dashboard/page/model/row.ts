import type { EvidenceView, RolloutView } from "../../../rollout/view/view.ts";
import { short, shortOdds, states } from "../../../rollout/view/words.ts";

/** The texts of one row of the list. */
export interface ListRow {
  /** The state in colour, too. */
  readonly look: RolloutView["state"];
  readonly state: string;
  readonly traffic: string;
  readonly harm: Measure;
  readonly safe: Measure;
  readonly since: string;
  /** What a person is wanted for. */
  readonly wanted?: { readonly says: string; readonly command: string };
}

/** Evidence on its way to a limit. */
export interface Measure {
  /** From 0 to 1; absent: nothing is compared. */
  readonly part?: number;
  readonly text: string;
}

const NONE: Measure = { text: "–" };

/** The row of a rollout at an instant (ms since the epoch). */
export function listRowOf(view: RolloutView, now: number): ListRow {
  const { state, traffic, evidence } = view;
  const isOver = ["rest", "rolled-back", "undone"].includes(state);
  const wanted = wantedOf(view);
  return {
    look: state,
    state: stateText(view),
    traffic: state === "rest" ? "–" : trafficText(traffic),
    harm: measureOf(evidence?.harm, ""),
    safe: isOver ? NONE : measureOf(evidence?.safe, "verified"),
    since: sinceText(view, now),
    ...(wanted && { wanted }),
  };
}

/** How long it runs, or ran until it ended. */
export function sinceText({ started, ended }: RolloutView, now: number): string {
  return started === undefined ? "–" : ageText((ended ? Date.parse(ended) : now) - Date.parse(started));
}

/** The state with its sign, and the step while one is granted. */
export function stateText({ state, step, steps, outcome }: RolloutView): string {
  const [sign, word] = states[state];
  if (state === "rest" && outcome !== undefined) return `– ${restWords[outcome]}`;
  const isGoing = ["progressing", "holding", "waiting"].includes(state);
  return `${sign} ${word}${isGoing && step !== undefined ? ` ${step}/${steps.length}` : ""}`;
}

const restWords = {
  promoted: "at rest, promoted",
  failed: "at rest, rolled back",
  undone: "at rest, undone",
  superseded: "at rest, superseded",
} as const;

/** The canary's share; copies and matching users are named. */
export function trafficText({ canary, copies, matching }: RolloutView["traffic"]): string {
  const more = [
    ...(copies === undefined ? [] : [`copies of ${copies} %`]),
    ...(matching ? ["matching users"] : []),
  ];
  return [`${canary} %`, ...more].join(" + ");
}

/** An age that changes seldom once it is long: `12s`, `1m20s`, `52m`, `2h3m`, `5d`. */
export function ageText(ms: number): string {
  const text = short(ms);
  return ms < 600_000 ? text : text.replace(/m\d\ds$/, "m");
}

/** The sentence and the way on, where a person has to decide. */
function wantedOf(view: RolloutView): ListRow["wanted"] {
  const { state, says = "", waits, metadata, versions } = view;
  if (state === "waiting" && waits !== undefined) return { says, command: waits.command };
  if (state === "rolled-back") {
    // Nothing is left to go back to if the stable version was deleted.
    const verb = versions.stable === undefined ? "promote" : "undo";
    return { says, command: `kubectl serin ${verb} ${metadata.name} -n ${metadata.namespace}` };
  }
  return undefined;
}

function measureOf(of: EvidenceView["harm"], reached: string): Measure {
  if (of === undefined) return NONE;
  const part = of.limitNats <= 0 ? 0 : Math.max(0, Math.min(1, of.nats / of.limitNats));
  const numbers = `${shortOdds(of.odds)}/${shortOdds(of.limit)}`;
  return { part, text: reached !== "" && of.odds >= of.limit ? reached : numbers };
}
