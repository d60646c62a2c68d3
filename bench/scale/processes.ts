import type { Cluster } from "../../test/cluster/cluster.ts";
import { type Part, type ProcessUsage, usageOfPod } from "../processes.ts";

/** A process of Serin and its use. */
export interface ProcessUse extends ProcessUsage {
  readonly part: Part;
  readonly pod: string;
}

/** The use of all of Serin's processes since their start. */
export function usageOfAll(cluster: Cluster): readonly ProcessUse[] {
  return (["webhook", "controller"] as const).flatMap((part) =>
    cluster.kubelet
      .pods("serin-system", part)
      .map((pod) => ({ part, pod, ...usageOfPod(cluster, pod, part) })),
  );
}

/** The pod that leads. */
export async function holderOf({ kubectl }: Cluster): Promise<string> {
  const { stdout } = await kubectl([
    ...["get", "lease/serin", "-n", "serin-system", "-o=jsonpath={.spec.holderIdentity}"],
  ]);
  return stdout.trim();
}
