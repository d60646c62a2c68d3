import type { Peer } from "./peer.ts";
import type { Serin } from "./serin.ts";

/** The findings at one gateway. */
export interface QueryFindings {
  readonly gateway: string;
  readonly canaries: number;
  readonly serin: Serin;
  readonly peer: Peer;
}

/** A Markdown table of one look at all canaries. Rows without a figure of the peer have dashes. */
export function queryTableOf({ gateway, canaries, serin, peer }: QueryFindings): string {
  const { tick, state, rssMiB, heapMiB, beginning } = serin;
  const rows = [
    row("queries", tick.queries, peer.queries),
    row("sent, kB", tick.sent / 1e3, peer.sent / 1e3),
    row("received, kB", tick.received / 1e3, peer.received / 1e3),
    row("CPU time of Prometheus, s", tick.cpu, peer.cpu),
    row("until all answers are there, s", tick.took / 1e3, peer.took / 1e3),
    row("CPU time of the controller, s", tick.worked),
    row("longest time that the process is blocked, s", serin.blocked / 1e3),
    row("state of a canary (JSON), kB: median", state.median / 1e3),
    row("state of a canary (JSON), kB: most", state.most / 1e3),
    row("memory (RSS) of it all, MiB more", rssMiB.after - rssMiB.before),
    row("of that, in the heap after a collection, MiB more", heapMiB.after - heapMiB.before),
    row("once a rollout, queries", beginning.queries),
    row("once a rollout, received, kB", beginning.received / 1e3),
    row("until all have begun if all begin at the same instant, s", beginning.took / 1e3),
  ];
  return [
    `### ${gateway}, ${canaries.toLocaleString("en")} canaries`,
    "",
    "| one look at all | Serin | one query each | ratio |",
    "|---|--:|--:|--:|",
    ...rows,
    "",
    `Medians of ${serin.ticks} ticks, of which ${serin.late} were read late.`,
  ].join("\n");
}

function row(figure: string, serin: number, peer?: number): string {
  const compared = peer === undefined ? ["–", "–"] : [round(peer), round(serin / peer)];
  return `| ${[figure, round(serin), ...compared].join(" | ")} |`;
}

function round(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(2)));
}
