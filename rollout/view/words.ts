import type { RolloutView } from "./view.ts";

/** A state as people read it, beside its sign. */
export const states: Readonly<Record<RolloutView["state"], readonly [sign: string, word: string]>> = {
  rest: ["–", "at rest"],
  preparing: ["◑", "preparing"],
  progressing: ["◑", "progressing"],
  holding: ["‖", "holding"],
  waiting: ["‖", "waiting"],
  promoting: ["◑", "promoting"],
  "rolled-back": ["✖", "rolled back"],
  undone: ["–", "undone"],
};

/** An outcome as people read it. */
export const outcomes = {
  running: "running",
  proven: "promoting",
  promoted: "promoted",
  failed: "rolled back",
  undone: "undone",
  superseded: "superseded",
  native: "native",
} as const;

/** One formatter for all numbers: a thousand rows would spend most of their time on making theirs. */
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** Grouped digits: `13,320`. */
export function groupDigits(count: number): string {
  return grouped.format(count);
}

/** A part of a whole in percent; nothing of nothing. */
export function percentOf(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(2)} %`;
}

/** A time as short as people need it: `12s`, `1m04s`, `2h3m`, `5d`. */
export function short(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [minutes, hours, days] = [
    Math.floor(seconds / 60),
    Math.floor(seconds / 3600),
    Math.floor(seconds / 86_400),
  ];
  if (seconds < 60) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m${String(seconds % 60).padStart(2, "0")}s`;
  return hours < 48 ? `${hours}h${minutes % 60}m` : `${days}d`;
}

/** Between two instants (RFC 3339), in ms. */
export function msBetween(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from);
}

/** The time of day of an instant, in UTC, as the sentences of Serin tell times. */
export function clock(at: string): string {
  return at.slice(11, 19);
}

/** Since when, or from when until when, with how long. */
export function timeOf(started: string, ended: string | undefined, lasted: string): string {
  const from = ended === undefined ? `since ${clock(started)}` : `${clock(started)}–${clock(ended)}`;
  return `${from} (${lasted})`;
}

/** The canary's share of a route; after the verdict the route is as its owner wrote it, unless others share it. */
export function shareText(
  state: RolloutView["state"],
  { weight }: Pick<RolloutView["routes"][number], "weight">,
): string {
  if (weight !== undefined) return `canary ${weight} %`;
  const isOver = ["promoting", "rolled-back", "undone", "rest"].includes(state);
  return isOver ? "not changed any more" : "not changed yet";
}

/** Odds as people read them: `6.8`, `138`. */
export function shortOdds(value: number): string {
  return value < 10 ? value.toFixed(1) : groupDigits(Math.round(value));
}
