/** One thing that is wrong with one annotation. */
export interface Complaint {
  readonly key: string;
  readonly value: string;
  /** What is wrong, to be read after the value: `goes down from 10 to 5`. */
  readonly problem: string;
  /** What would be right, to be read after "expected". */
  readonly expected: string;
}
const mostLines = 20;

/** One line for each complaint, for a terminal. */
export function formatComplaints(complaints: readonly Complaint[]): string {
  const lines = complaints.slice(0, mostLines).map(({ key, value, problem, expected }) => {
    return `${key}: ${quote(value)} ${problem}; expected ${expected}`;
  });
  const rest = complaints.length - lines.length;
  return [...lines, ...(rest > 0 ? [`… and ${rest} more`] : [])].join("\n");
}

function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
