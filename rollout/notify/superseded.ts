import type { Write } from "../../kube/core/writes.ts";
import type { Snapshot } from "../stages/snapshot.ts";
import { lastRunOf } from "../workload/run-record.ts";
import type { DueMoment } from "./due.ts";

/** The versions that these writes, which Serin has sent, report as superseded. */
export function supersededBy(snapshot: Snapshot, writes: readonly Write[]): readonly DueMoment[] {
  const { uid, replicaSets } = snapshot;
  return writes.flatMap((write): DueMoment[] => {
    if (write.verb !== "event" || write.reason !== "Superseded") return [];
    // stages/supersede.ts begins the sentence with the name.
    const set = replicaSets.find(({ metadata }) => write.message.startsWith(`${metadata.name} `));
    const run = set && lastRunOf(set);
    if (set === undefined || run === undefined) return [];
    const moment = "superseded";
    const { started } = run;
    return [
      {
        id: `${uid}/${started}/${moment}`,
        moment,
        key: moment,
        started,
        says: write.message,
        record: { set, run },
      },
    ];
  });
}
