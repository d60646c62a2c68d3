import type { Judgement } from "../replay/judgement.ts";
import { line, paragraph, type Surface } from "./line.ts";
import { clock, groupDigits, short, shortOdds } from "./words.ts";

/** A replay: which ticks, and what the judge says about them by each of the settings. */
export interface ReplayShown {
  readonly of: string;
  readonly ticks: number;
  readonly tickMs: number;
  /** ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** The settings, `as then` first, and the judgement by each. */
  readonly judgements: readonly (readonly [title: string, judgement: Judgement])[];
}

/** What the judge says, the settings of then first. */
export function replayScreen(surface: Surface, replay: ReplayShown): readonly string[] {
  const { of, ticks, tickMs, from, to, judgements } = replay;
  const when = `${timeOf(from)}–${timeOf(to)} on ${new Date(from).toISOString().slice(0, 10)}`;
  return [
    line(surface, [of, "bold"], `: replayed ${groupDigits(ticks)} ticks of ${short(tickMs)}, ${when}`),
    ...judgements.flatMap(([title, judgement]) => ["", ...judgementLines(surface, title, judgement)]),
  ];
}

function judgementLines(surface: Surface, title: string, judgement: Judgement): readonly string[] {
  const { harm, weights } = judgement;
  const verdict =
    harm === undefined
      ? (["✔ not rolled back", "green" as const] as const)
      : ([`✖ rolled back at ${timeOf(harm.at)}`, "red"] as const);
  return [
    line(surface, "  ", [title, "bold"], "    ", verdict),
    ...(harm === undefined ? [] : paragraph(surface, "    says      ", harm.says)),
    ...numberLines(surface, judgement),
    ...weights.map(({ weight, from, verifiedAt }) => {
      const told = verifiedAt === undefined ? "not verified" : `verified after ${short(verifiedAt - from)}`;
      return line(surface, `    ${`${weight} %`.padEnd(10)}since ${timeOf(from)}   ${told}`);
    }),
  ];
}

function numberLines(surface: Surface, { progress }: Judgement): readonly string[] {
  if (progress === undefined) return [];
  const { harm, safe, requests, failed } = progress;
  const against = ({ log, limit }: { readonly log: number; readonly limit: number }) =>
    `${shortOdds(Math.exp(log))}:1 of ${shortOdds(Math.exp(limit))}:1`;
  const evidence = harm && safe ? `harm ${against(harm)}, safe ${against(safe)}` : "not compared";
  const counts = (["canary", "stable"] as const).map(
    (arm) => `${arm} ${groupDigits(failed[arm])} of ${groupDigits(requests[arm])} requests failed`,
  );
  return paragraph(surface, "    ", `${evidence}; ${counts.join(", ")}`);
}

function timeOf(ms: number): string {
  return clock(new Date(ms).toISOString());
}
