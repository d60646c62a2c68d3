import type { EvidenceView, RolloutView } from "../../rollout/view/view.ts";
import { formatTable } from "../frame/table.ts";
import { line, type Surface } from "./line.ts";
import { clock, groupDigits, msBetween, percentOf, short, shortOdds } from "./words.ts";

/** The evidence against its limits, the counts of both versions, and the checks. */
export function evidenceLines(surface: Surface, view: RolloutView): readonly string[] {
  const { evidence, checks } = view;
  return [
    ...(evidence === undefined ? [] : [...bars(surface, view, evidence), ...counts(surface, view, evidence)]),
    ...checks.map(({ text, holds, says }) =>
      line(
        surface,
        `  ${holds === undefined ? "–" : holds ? "✔" : "✖"} `,
        says.startsWith(text) ? says : `${text}: ${says}`,
      ),
    ),
  ];
}

/** How far the evidence is on the way to each limit, on a logarithmic scale. */
function bars(surface: Surface, view: RolloutView, { harm, safe }: EvidenceView): readonly string[] {
  if (harm === undefined || safe === undefined) return [];
  const left = leastLeft(view);
  const eta = safe.etaSeconds === undefined ? "" : `about ${short(safe.etaSeconds * 1000)} more`;
  const least = left > 0 ? `${short(left)} of the least time` : "";
  const when = [eta, least].filter((part) => part !== "").join(", ");
  const isActive = ["progressing", "holding"].includes(view.state);
  return [
    bar(surface, "harm", harm, harm.nats <= 0 ? "no evidence" : ""),
    bar(surface, "safe", safe, isActive ? when : ""),
  ];
}

function bar(surface: Surface, name: string, of: NonNullable<EvidenceView["harm"]>, note: string): string {
  const width = Math.max(0, Math.min(40, surface.columns - 60));
  const part = of.limitNats <= 0 ? 0 : Math.max(0, Math.min(1, of.nats / of.limitNats));
  const drawn = width === 0 ? "" : `${"█".repeat(Math.round(part * width)).padEnd(width)}   `;
  const numbers = `${shortOdds(of.odds)}:1 of ${shortOdds(of.limit)}:1`.padEnd(18);
  return line(surface, `  ${name}      `, drawn, numbers, note);
}

function counts(surface: Surface, { versions }: RolloutView, evidence: EvidenceView): readonly string[] {
  const { requests, failed, slow, restarts, at } = evidence;
  const row = (arm: "stable" | "canary") => [
    arm,
    groupDigits(requests[arm]),
    `${groupDigits(failed[arm])} (${percentOf(failed[arm], requests[arm])})`,
    ...slow.map((one) => `${groupDigits(one[arm])} (${percentOf(one[arm], requests[arm])})`),
    restarts === undefined ? "–" : groupDigits(restarts[arm]),
    `${versions[arm]?.ready ?? 0}/${versions[arm]?.pods ?? 0} ready`,
  ];
  const bounds = slow.map(
    ({ seconds }) => `> ${seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds} s`}`,
  );
  const head = ["", "requests", "failed", ...bounds, "restarts", "pods"];
  const table = formatTable([head, row("stable"), row("canary")]);
  return ["", ...table.map((text) => line(surface, "  ", text)), line(surface, `  numbers of ${clock(at)}`)];
}

/** How long (ms) the step lasts at least from now on. */
function leastLeft({ steps, step = 0, since, at }: RolloutView): number {
  const least = steps[step - 1]?.leastSeconds;
  return least === undefined || since === undefined ? 0 : least * 1000 - msBetween(since, at);
}
