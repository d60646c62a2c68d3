import stringWidth from "string-width";
import type { RolloutView } from "../../rollout/view/view.ts";
import { evidenceLines } from "./evidence-lines.ts";
import { line, paragraph, type Span, type Surface } from "./line.ts";
import { objectLines } from "./object-lines.ts";
import { clock, msBetween, outcomes, short, stateSpan } from "./words.ts";

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
    ...paragraph(surface, "  next      ", nextOf(view)),
  ];
}

/** One line, or two where it is wider than the terminal. */
function head(surface: Surface, view: RolloutView): readonly string[] {
  const { metadata, strategy, revision, started, ended, at, state, outcome } = view;
  const until = ended ?? at;
  const time = started === undefined ? "" : `, since ${clock(started)} (${short(msBetween(started, until))})`;
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

function imageLines(surface: Surface, { images, requests }: RolloutView): readonly string[] {
  const changed = images.filter(({ stable, canary }) => canary !== undefined && stable !== canary);
  const shown = changed.length > 0 ? changed : images.slice(0, 1);
  const [first] = requests;
  const asked = first === undefined ? "" : `    asked by ${first.user}`;
  return shown.map(({ stable, canary }, i) =>
    line(
      surface,
      "  ",
      stable ?? "(new container)",
      canary !== undefined && canary !== stable ? ` → ${canary}` : "",
      i === 0 ? asked : "",
    ),
  );
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

function nextOf({ metadata, state, paused }: RolloutView): string {
  const { name, namespace } = metadata;
  const at = `-n ${namespace}`;
  if (state === "rest") return `kubectl serin history ${name} ${at} shows the rollouts before`;
  if (state === "rolled-back")
    return `kubectl serin undo ${name} ${at} · kubectl serin retry ${name} ${at} · or ship a fix`;
  if (state === "undone" || state === "promoting") return "ends by itself";
  if (paused) return `kubectl serin resume ${name} ${at} · kubectl serin abort ${name} ${at}`;
  return `kubectl serin promote ${name} ${at} · kubectl serin abort ${name} ${at}`;
}
