import type { RolloutView } from "../../../rollout/view/view.ts";
import { ageText } from "../model/row.ts";
import { PagePart } from "./part.tsx";
import { Table } from "./text-table.tsx";

/** The pods of both versions. */
export function PodsPart({ pods, now }: { readonly pods: RolloutView["pods"]; readonly now: number }) {
  if (pods.length === 0) return null;
  const ready = (arm: "canary" | "stable") => {
    const own = pods.filter(({ version }) => version === arm);
    return `${arm} ${own.filter((pod) => pod.ready).length}/${own.length}`;
  };
  const rows = pods.map(({ name, version, phase, ready, restarts, created, node, says }) => [
    name,
    version,
    `${ready ? "✔" : "✖"} ${phase}${says === undefined ? "" : `: ${says}`}`,
    `${restarts}`,
    created === undefined ? "–" : ageText(now - Date.parse(created)),
    node ?? "–",
  ]);
  return (
    <PagePart title="Pods">
      <p>{`ready: ${ready("canary")}, ${ready("stable")}`}</p>
      <Table caption="Pods" table={{ head: ["pod", "version", "state", "restarts", "age", "node"], rows }} />
    </PagePart>
  );
}
