import { ifNotFound } from "../kube/client/errors.ts";
import { isObserved } from "../kube/core/observed.ts";
import { deployments, mutatingWebhookConfigurations } from "../kube/core/resources.ts";
import type { Deployment } from "../kube/core/workloads.ts";
import type { CleanUpOptions } from "./cleanup/access.ts";

const POLL_MS = 500;

/** What to stop; an absent part stays. */
interface Running {
  /** The name of the MutatingWebhookConfiguration. */
  readonly configuration: string | undefined;
  /** The controller's Deployment, as namespace/name. */
  readonly controller: string | undefined;
  /** Whether to stop nothing unless a program that can uninstall manages the controller. */
  readonly managed: boolean;
}

/** The beginnings of the annotations by which helm and Argo CD know what they manage. */
const MANAGERS = /^(meta\.helm\.sh|argocd\.argoproj\.io)\//;

/**
 * Stops Serin before the clean-up: deletes the webhook configuration, so that no rollout begins, and scales the controller to
 * zero, so that it does not move what the clean-up restores. What is gone needs no stop, so it may be repeated. Throws if
 * the controller's pods do not end in time, or if its name is not valid; and before it stops anything, if nothing manages it.
 */
export async function stopSerin(options: CleanUpOptions & Running): Promise<void> {
  const { kube, clock, say, patienceMs, configuration, controller, managed } = options;
  const where = controller === undefined ? undefined : placeOf(controller);
  const read = () => kube.get<Deployment>(deployments, where ?? {}).catch(ifNotFound(undefined));
  if (managed && where !== undefined) expectManaged(await read(), `${controller}`);
  if (configuration !== undefined) {
    await kube.delete(mutatingWebhookConfigurations, { name: configuration }).catch(ifNotFound(undefined));
    say(`MutatingWebhookConfiguration ${configuration} is deleted`);
  }
  if (where === undefined) return;
  const scaled = kube.mergePatch<Deployment>(deployments, where, { spec: { replicas: 0 } });
  let found = await scaled.catch(ifNotFound(undefined));
  // Until the API server's first answer, the clock is the machine's.
  const deadline = clock.now() + patienceMs;
  const isRunning = (found: Deployment | undefined) =>
    found !== undefined && (!isObserved(found) || (found.status?.replicas ?? 0) > 0);
  while (isRunning(found)) {
    if (clock.now() > deadline)
      throw new Error(`Deployment ${controller}: its pods have not ended after ${patienceMs / 1000}s`);
    await clock.sleep(POLL_MS);
    found = await read();
  }
  say(`Deployment ${controller} has no pod`);
}

/** A chart that is rendered and applied whole brings the Job that helm would run before an uninstallation. */
function expectManaged(found: Deployment | undefined, controller: string): void {
  if (found === undefined || Object.keys(found.metadata.annotations ?? {}).some((key) => MANAGERS.test(key)))
    return;
  throw new Error(
    `neither helm nor Argo CD manages Deployment ${controller}, so nobody uninstalls it: render the chart without its hooks ` +
      "(helm template --no-hooks)",
  );
}

function placeOf(controller: string): { namespace: string; name: string } {
  const [namespace, name, ...more] = controller.split("/");
  if (!namespace || !name || more.length > 0)
    throw new Error(
      `--controller: invalid value ${JSON.stringify(controller)}: use namespace/name, such as serin-system/serin-controller`,
    );
  return { namespace, name };
}
