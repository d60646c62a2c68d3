import { worstFirst } from "../../rollout/view/urgency.ts";
import type { HistoryView, PastRollout, RolloutView } from "../../rollout/view/view.ts";
import { line, paragraph, type Surface } from "./line.ts";
import { type Column, toldTable } from "./told-table.ts";
import { msBetween, outcomes, short, shortOdds, states } from "./words.ts";

/** How a table is printed. */
export interface TableOptions {
  readonly withNamespace: boolean;
  readonly withHead: boolean;
}

const NAMESPACE: Column = { head: "NAMESPACE", most: 20 };
const LIST: readonly Column[] = [
  { head: "NAME", most: 30 },
  { head: "STRATEGY", goes: 1 },
  { head: "STATE" },
  { head: "STEP", goes: 4 },
  { head: "TRAFFIC" },
  { head: "SAFE", goes: 2 },
  { head: "HARM", goes: 5 },
  { head: "AGE", goes: 3 },
];

/** Many rollouts, the worst first, with a sentence each; a narrow terminal shows the sentences of those that stand still. */
export function listScreen(
  surface: Surface,
  views: readonly RolloutView[],
  { withNamespace, withHead }: TableOptions,
): readonly string[] {
  const rows = worstFirst(views).map((view) => ({
    cells: [...(withNamespace ? [view.metadata.namespace] : []), ...cells(view)],
    says: view.says ?? "",
    isUrgent: view.waits !== undefined || ["rolled-back", "waiting", "holding"].includes(view.state),
  }));
  const columns = [...(withNamespace ? [NAMESPACE] : []), ...LIST];
  return toldTable(surface, { columns, head: "SAYS", rows, withHead });
}

function cells(view: RolloutView): readonly string[] {
  const { metadata, strategy, state, step, steps, traffic, evidence, started, ended, at, outcome } = view;
  const [sign, word] = states[state];
  const isGoing = !["rest", "rolled-back", "undone"].includes(state);
  const against = (of: { odds: number; limit: number } | undefined) =>
    of === undefined ? "–" : `${shortOdds(of.odds)}/${shortOdds(of.limit)}`;
  return [
    metadata.name,
    strategy ?? "–",
    state === "rest" && outcome ? `– ${outcomes[outcome]}` : `${sign} ${word}`,
    isGoing && step !== undefined ? `${step}/${steps.length}` : "–",
    state === "rest" ? "–" : `${traffic.canary} %`,
    isGoing ? against(evidence?.safe) : "–",
    against(evidence?.harm),
    started === undefined ? "–" : short(msBetween(ended ?? started, at)),
  ];
}

const HISTORY: readonly Column[] = [
  { head: "REVISION" },
  { head: "IMAGE", most: 32 },
  { head: "STRATEGY", goes: 1 },
  { head: "OUTCOME" },
  { head: "STARTED" },
  { head: "LASTED", goes: 3 },
  { head: "AT", goes: 4 },
  { head: "BY", most: 24, goes: 2 },
];

/** The revisions of one Deployment, the newest first. */
export function historyScreen(
  surface: Surface,
  { revisions }: HistoryView,
  withHead: boolean,
): readonly string[] {
  const rows = revisions.map((past) => ({
    cells: [
      past.revision ?? "–",
      past.images.join(","),
      past.strategy ?? "–",
      outcomes[past.outcome],
      past.started?.slice(0, 16).replace("T", " ") ?? "–",
      past.started && past.ended ? short(msBetween(past.started, past.ended)) : "–",
      past.weight === undefined ? "–" : `${past.weight} %`,
      past.requests?.at(-1)?.user ?? "–",
    ],
    says: past.says ?? "",
    isUrgent: true,
  }));
  return toldTable(surface, { columns: HISTORY, head: "WHY", rows, withHead });
}

/** One revision with its whole record. */
export function recordScreen(surface: Surface, past: PastRollout): readonly string[] {
  const { revision = "–", replicaSet, outcome, started, ended, course = [], requests = [], says } = past;
  return [
    line(surface, `revision ${revision}   ${replicaSet}   ${past.images.join(", ")}`),
    line(surface, `  outcome   ${outcomes[outcome]}`),
    ...(started ? [line(surface, `  started   ${started}${ended ? `   ended ${ended}` : ""}`)] : []),
    ...course.map(({ step, weight, at }) =>
      line(surface, `  weight    ${weight} % at step ${step} since ${at}`),
    ),
    ...requests.map(({ verb, user, at }) => line(surface, `  asked     ${verb} by ${user} at ${at}`)),
    ...(says === undefined ? [] : paragraph(surface, "  says      ", says)),
  ];
}
