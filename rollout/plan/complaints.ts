import { formatProblem, type Problem } from "../text/parse.ts";

/** One thing that is wrong with one annotation, or with one key of a ConfigMap. */
export interface Complaint extends Problem {
  readonly key: string;
  /** The place, outermost first: `profile slow`, then the key unless `what` names it. */
  readonly where: readonly string[];
}

const MOST_LINES = 20;

/** A problem with the value of a key. */
export function complaint(key: string, problem: Problem): Complaint {
  return { ...problem, key, where: [key] };
}

/** One line for each complaint, for a terminal. */
export function formatComplaints(complaints: readonly Complaint[]): string {
  const lines = complaints
    .slice(0, MOST_LINES)
    .map(({ where, ...problem }) => formatProblem(problem, ...where));
  const rest = complaints.length - lines.length;
  return [...lines, ...(rest > 0 ? [`… and ${rest} more`] : [])].join("\n");
}
