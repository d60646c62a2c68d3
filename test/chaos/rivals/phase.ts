import { eventually } from "../../cluster/wait.ts";
import type { Shop } from "../../stories/shop.ts";

const PATIENCE_MS = 120_000;

/** Waits until the controller of a rival writes this phase into its object `web`; `kind` is `<group>/<version>/<plural>`. */
export async function reachesPhase({ cluster, namespace }: Shop, kind: string, phase: string): Promise<void> {
  const [group, version, plural] = kind.split("/");
  const path = `/apis/${group}/${version}/namespaces/${namespace}/${plural}/web`;
  const isThere = async () => {
    const { status } = await cluster.api.demand<{ status?: { phase?: string } }>("GET", path);
    return status?.phase === phase || undefined;
  };
  await eventually(`${plural}/web is ${phase}`, isThere, PATIENCE_MS);
}
