import { formatComplaints } from "../rollout/plan/complaints.ts";
import { parsePlan } from "../rollout/plan/plan.ts";
import type { Note } from "./note.ts";

/** Annotations of a Deployment by their keys. */
export type Annotations = Readonly<Record<string, string>>;

/**
 * The annotations that Serin accepts, and notes about the others. Where Serin accepts no plan without a refused one, such as an
 * A/B test without users, none is left: another choice of users would be a guess. `fields` names the field of each annotation.
 */
export function accepted(
  wanted: Annotations,
  fields: Readonly<Record<string, string>>,
): { readonly annotations: Annotations; readonly notes: readonly Note[] } {
  const parsed = parsePlan(wanted);
  if ("plan" in parsed || Object.keys(wanted).length === 0) return { annotations: wanted, notes: [] };
  const refused = new Set(parsed.complaints.map(({ key }) => key));
  const notes = parsed.complaints.map((complaint): Note => {
    const field = fields[complaint.key];
    return { fate: "not", ...(field !== undefined && { field }), says: formatComplaints([complaint]) };
  });
  const left = Object.fromEntries(Object.entries(wanted).filter(([key]) => !refused.has(key)));
  const isHopeless =
    refused.has("serin.dev/rollout") || Object.keys(left).length === Object.keys(wanted).length;
  if (isHopeless) return { annotations: {}, notes };
  const rest = accepted(left, fields);
  return { annotations: rest.annotations, notes: [...notes, ...rest.notes] };
}
