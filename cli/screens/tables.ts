import type { HistoryView, PastRollout, RolloutView } from "../../rollout/view/view.ts";
import { formatTable } from "../frame/table.ts";
import { line, paragraph, type Surface } from "./line.ts";
import { msBetween, outcomes, short, shortOdds, states } from "./words.ts";

/** How a table is printed. */
export interface TableOptions {
  readonly withNamespace: boolean;
  readonly withHead: boolean;
}

/** Many rollouts, a line each; the sentence comes last and is cut at the terminal's width. */
export function listScreen(
  surface: Surface,
  views: readonly RolloutView[],
  options: TableOptions,
): readonly string[] {
  const head = ["NAME", "STRATEGY", "STATE", "STEP", "TRAFFIC", "SAFE", "HARM", "AGE", "SAYS"];
  const rows = views.map((view) => [
    ...(options.withNamespace ? [view.metadata.namespace] : []),
    ...cells(view),
  ]);
  const heads = options.withHead ? [[...(options.withNamespace ? ["NAMESPACE"] : []), ...head]] : [];
  return formatTable([...heads, ...rows]).map((text) => line(surface, text));
}

function cells(view: RolloutView): readonly string[] {
  const { metadata, strategy, state, step, steps, traffic, evidence, started, ended, at, says, outcome } =
    view;
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
    says ?? "",
  ];
}

/** The revisions of one Deployment, the newest first. */
export function historyScreen(
  surface: Surface,
  { revisions }: HistoryView,
  withHead: boolean,
): readonly string[] {
  const head = ["REVISION", "IMAGE", "STRATEGY", "OUTCOME", "STARTED", "LASTED", "AT", "BY", "WHY"];
  const rows = revisions.map((past) => [
    past.revision ?? "–",
    past.images.join(","),
    past.strategy ?? "–",
    outcomes[past.outcome],
    past.started?.slice(0, 16).replace("T", " ") ?? "–",
    past.started && past.ended ? short(msBetween(past.started, past.ended)) : "–",
    past.weight === undefined ? "–" : `${past.weight} %`,
    past.requests?.at(-1)?.user ?? "–",
    past.says ?? "",
  ]);
  return formatTable([...(withHead ? [head] : []), ...rows]).map((text) => line(surface, text));
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
