import type { RolloutEvent } from "../../api.ts";
import { PagePart } from "./part.tsx";
import { Table } from "./text-table.tsx";

/** The Kubernetes Events of the Deployment, the newest first. */
export function EventsPart({ events }: { readonly events: readonly RolloutEvent[] }) {
  if (events.length === 0) return null;
  const rows = events.map(({ at, type, reason, says, count }) => [
    at.slice(0, 19).replace("T", " "),
    `${type === "Warning" ? "✖ " : ""}${reason}${count > 1 ? ` (${count} times)` : ""}`,
    says,
  ]);
  return (
    <PagePart title="Events">
      <Table caption="Events" table={{ head: ["time", "reason", "message"], rows }} />
    </PagePart>
  );
}
