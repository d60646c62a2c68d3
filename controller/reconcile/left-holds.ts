import { deployments } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { removeLeftHold } from "../../rollout/cleanup/left-hold.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { type RestoreOptions, restoreEach } from "./restore.ts";

/**
 * Removes the hold from Deployments that lost label and record, and were created while Serin was away. A leader does this
 * once, because the copies hold no Deployment without the label, and admission mends what is written later.
 */
export async function removeLeftHolds(options: RestoreOptions): Promise<void> {
  const { items } = await options.kube.list<Deployment>(deployments, {});
  const unmarked = items.filter(({ metadata }) => !(FLIGHT in (metadata.labels ?? {})));
  await restoreEach(
    unmarked.map(removeLeftHold).filter((writes) => writes.length > 0),
    options,
  );
}
