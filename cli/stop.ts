import { ifNotFound } from "../kube/client/errors.ts";
import { isObserved } from "../kube/core/observed.ts";
import { deployments, mutatingWebhookConfigurations } from "../kube/core/resources.ts";
import type { Deployment } from "../kube/core/workloads.ts";
import type { CleanUpOptions } from "./cleanup.ts";

const POLL_MS = 500;

/** What to stop; an absent part stays. */
interface Running {
  /** The name of the MutatingWebhookConfiguration. */
  readonly configuration: string | undefined;
  /** The controller's Deployment, as namespace/name. */
  readonly controller: string | undefined;
}

/**
 * Stops Serin before the clean-up: deletes the webhook configuration, so that no rollout begins, and scales the controller to
 * zero, so that it does not move what the clean-up restores. What is gone needs no stop, so it may be repeated. Throws if
 * the controller's pods do not end in time, or if its name is not valid.
 */
export async function stopSerin(options: CleanUpOptions & Running): Promise<void> {
  const { kube, clock, say, patienceMs, configuration, controller } = options;
  const where = controller === undefined ? undefined : placeOf(controller);
  if (configuration !== undefined) {
    await kube.delete(mutatingWebhookConfigurations, { name: configuration }).catch(ifNotFound(undefined));
    say(`MutatingWebhookConfiguration ${configuration} is deleted`);
  }
  if (where === undefined) return;
  const scaled = kube.mergePatch<Deployment>(deployments, where, { spec: { replicas: 0 } });
  const deadline = clock.now() + patienceMs;
  const isRunning = (found: Deployment | undefined) =>
    found !== undefined && (!isObserved(found) || (found.status?.replicas ?? 0) > 0);
  let found = await scaled.catch(ifNotFound(undefined));
  while (isRunning(found)) {
    if (clock.now() > deadline)
      throw new Error(`Deployment ${controller}: its pods have not ended after ${patienceMs / 1000}s`);
    await clock.sleep(POLL_MS);
    found = await kube.get<Deployment>(deployments, where).catch(ifNotFound(undefined));
  }
  say(`Deployment ${controller} has no pod`);
}

function placeOf(controller: string): { namespace: string; name: string } {
  const [namespace, name, ...more] = controller.split("/");
  if (!namespace || !name || more.length > 0)
    throw new Error(
      `--controller: invalid value ${JSON.stringify(controller)}: use namespace/name, such as serin-system/serin-controller`,
    );
  return { namespace, name };
}
