import stringWidth from "string-width";
import type { RolloutView } from "../../rollout/view/view.ts";
import { evidenceLines } from "./evidence-lines.ts";
import { line, paragraph, type Span, type Surface } from "./line.ts";
import { objectLines } from "./object-lines.ts";
import { clock, msBetween, outcomes, short, stateSpan, timeOf } from "./words.ts";

/** One rollout: how much traffic, is it bad, when is it over, what may be done. `unread`: what could not be read. */
export function statusScreen(
  surface: Surface,
  view: RolloutView,
  unread: readonly string[] = [],
): readonly string[] {
  const { state, says } = view;
  return [
    ...head(surface, view),
    ...imageLines(surface, view),
    ...(says === undefined ? [] : paragraph(surface, "  says      ", says)),
    ...(state === "rest" ? [] : flightLines(surface, view)),
    ...unread.map((one) => line(surface, "  ", [one, "yellow"])),
    ...nextLines(surface, view),
  ];
}

/** One line, or two where it is wider than the terminal. */
function head(surface: Surface, view: RolloutView): readonly string[] {
  const { metadata, strategy, revision, started, ended, at, state, outcome } = view;
  const lasted = started === undefined ? "" : short(msBetween(started, ended ?? at));
  const time = started === undefined ? "" : `, ${timeOf(started, ended, lasted)}`;
  const last =
    state === "rest" && outcome ? `, ${outcomes[outcome]} ${ended ? `at ${clock(ended)}` : ""}` : time;
  const named: readonly Span[] = [[`deployment/${metadata.name}`, "bold"], ` -n ${metadata.namespace}    `];
  const more = `${strategy ?? "not opted in"}, revision ${revision}${last}`;
  const whole = [...named, stateSpan(view), `    ${more}`];
  const width = whole.reduce((sum, span) => sum + stringWidth(textOf(span)), 0);
  return width <= surface.columns
    ? [line(surface, ...whole)]
    : [line(surface, ...named, stateSpan(view)), line(surface, `  ${more}`)];
}

function textOf(span: Span): string {
  return typeof span === "string" ? span : span[0];
}

/** A line for each container, or one for each version where that is too narrow: a tag stands at the end of its name. */
function imageLines(surface: Surface, view: RolloutView): readonly string[] {
  const { images, requests } = view;
  const changed = images.filter(({ stable, canary }) => canary !== undefined && stable !== canary);
  const shown = changed.length > 0 ? changed : images.slice(0, 1);
  const [first] = requests;
  const asked = first === undefined ? [] : [`   asked by ${first.user}`];
  return shown.flatMap(({ stable, canary }, i) => {
    const parts = [
      stable ?? (isStableLost(view) ? "(lost)" : "(new container)"),
      ...(canary !== undefined && canary !== stable ? [`→ ${canary}`] : []),
      ...(i === 0 ? asked : []),
    ];
    const whole = `  ${parts.join(" ")}`;
    if (stringWidth(whole) <= surface.columns) return [line(surface, whole)];
    return parts.flatMap((part) => paragraph(surface, "  ", part.trim()));
  });
}

function flightLines(surface: Surface, view: RolloutView): readonly string[] {
  return [
    "",
    line(surface, "  steps     ", ...stepSpans(view)),
    trafficLine(surface, view),
    ...evidenceLines(surface, view),
    "",
    ...objectLines(surface, view),
    "",
  ];
}

function stepSpans({ steps, step = 0, state, since, at }: RolloutView): readonly Span[] {
  const isOver = state === "rolled-back" || state === "undone";
  const named = steps.map(({ kind, weight }, i): Span => {
    const name = kind === "weight" ? `${weight} %` : kind === "mirror" ? `copies ${weight} %` : kind;
    if (i + 1 < step || state === "promoting") return [`${name} ✔    `, "green"];
    if (i + 1 > step) return `${name}    `;
    const lasted = since === undefined || isOver ? "" : ` ${short(msBetween(since, at))}`;
    return isOver ? [`${name} ✖    `, "red"] : [`${name} ◑${lasted}    `, "cyan"];
  });
  return [...named, state === "promoting" ? ["promote ◑", "cyan"] : "promote"];
}

function trafficLine(surface: Surface, { traffic }: RolloutView): string {
  const { stable, canary, copies, matching } = traffic;
  const width = Math.max(0, Math.min(40, surface.columns - 60));
  const filled = Math.round((width * stable) / 100);
  const bar = width === 0 ? "" : `${"█".repeat(filled)}${"▒".repeat(width - filled)}   `;
  const more = `${matching ? " and the matching users" : ""}${copies === undefined ? "" : `, copies of ${copies} %`}`;
  return line(surface, "  traffic   ", bar, `stable ${stable} %, canary ${canary} %${more}`);
}

/** Whether nothing is left to go back to, and a person must decide. */
function isStableLost({ state, versions }: RolloutView): boolean {
  return (state === "waiting" || state === "rolled-back") && versions.stable === undefined;
}

/** What may be done, in one line or, where that is too narrow, a line each: a command is copied as a whole. */
function nextLines(surface: Surface, view: RolloutView): readonly string[] {
  const ways = nextOf(view);
  const [first, ...others] = paragraph(surface, "  next      ", ways.join(" · "));
  if (others.length === 0 && first !== undefined) return [first];
  return ways.flatMap((way, i) => paragraph(surface, i === 0 ? "  next      " : " ".repeat(12), way));
}

function nextOf(view: RolloutView): readonly string[] {
  const { metadata, state, outcome, paused, pods } = view;
  const { name, namespace } = metadata;
  const serin = (verb: string) => `kubectl serin ${verb} ${name} -n ${namespace}`;
  if (state === "rest")
    return [
      outcome === undefined
        ? `${serin("preflight")} shows what a new version would meet`
        : `${serin("history")} shows the rollouts before`,
    ];
  const keep = [serin("promote"), "or apply another version"];
  if (state === "rolled-back") {
    const kept = pods.find(({ version }) => version === "canary");
    const logs = kept === undefined ? [] : [`kubectl logs ${kept.name} -n ${namespace}`];
    const ways = isStableLost(view) ? keep : [serin("undo"), serin("retry"), "or ship a fix"];
    return [...logs, ...ways];
  }
  if (state === "undone" || state === "promoting") return ["ends by itself"];
  if (isStableLost(view)) return paused ? [serin("resume")] : keep;
  return [serin(paused ? "resume" : "promote"), serin("abort")];
}
