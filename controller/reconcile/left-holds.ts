import type { Kube } from "../../kube/client/api.ts";
import { ifNotFound } from "../../kube/client/errors.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import { deployments } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { removeLeftHold } from "../../rollout/cleanup/left-hold.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { type RestoreOptions, restoreEach } from "./restore.ts";

/**
 * Removes the hold from Deployments that lost label and record, and were created while Serin was away. A leader does this
 * once, because the copies hold no Deployment without the label, and admission mends what is written later.
 */
export async function removeLeftHolds(options: RestoreOptions): Promise<void> {
  const { items } = await options.kube.list<KubeObject, Deployment>(deployments, {}, {}, nameIfLeft);
  const left = items.filter(({ metadata }) => metadata.name !== "");
  await restoreEach(removals(options.kube, left), options);
}

/** A cluster may have more Deployments than Serin has memory, and tenants decide how long they are: the name is kept, or nothing. */
function nameIfLeft(deployment: Deployment): KubeObject {
  const { name, namespace, labels = {} } = deployment.metadata;
  const isLeft = !(FLIGHT in labels) && removeLeftHold(deployment).length > 0;
  return isLeft && namespace !== undefined ? { metadata: { name, namespace } } : NOTHING;
}

const NOTHING: KubeObject = { metadata: { name: "" } };

/**
 * The writes for each, as it is stored when its turn comes. One that cannot be read must not keep the hold on the others: throws
 * the first such error after the last of them.
 */
async function* removals(kube: Kube, left: readonly KubeObject[]): AsyncGenerator<readonly Write[]> {
  const errors: unknown[] = [];
  for (const { metadata } of left) {
    const { namespace, name } = metadata;
    try {
      const found = await kube.get<Deployment>(deployments, { namespace, name }).catch(ifNotFound(undefined));
      if (found !== undefined) yield removeLeftHold(found);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
