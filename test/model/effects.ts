import type { ReferenceGrant, Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { pluralOf, type Write } from "../../kube/core/writes.ts";
import type { Effect } from "../../rollout/admission/answer.ts";
import { workOf } from "../../rollout/admission/effect-write.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import type { Cluster } from "./cluster.ts";
import { Conflict, Refused } from "./objects.ts";

/** What the webhook knows when it performs an effect. */
interface Webhook {
  readonly namespace: string;
  readonly grants: readonly ReferenceGrant[];
  /** How far (ms) its clock is ahead of the cluster's. */
  readonly aheadMs: number;
}

/** Performs an effect of an answer, as the webhook does. Throws Refused. */
export function performEffect(
  effect: Effect,
  cluster: Cluster,
  { namespace, grants, aheadMs }: Webhook,
): void {
  const work = workOf(effect);
  const now = () => cluster.now + aheadMs;
  if (work.on === "services") {
    const inFlight = () =>
      cluster.list("services").filter(({ metadata }) => metadata.labels?.[FLIGHT] === effect.uid);
    for (const service of work.services ?? inFlight())
      settle(service, () => cluster.find("services", service.metadata.name), work.write);
    return;
  }
  const select = () => work.select(cluster.routes(), namespace, grants);
  for (const route of select())
    settle(route, () => cluster.find(pluralOf(route), route.metadata.name), work.write);
  // Admission waits until weight 0 is in force; the cluster continues during the wait.
  if (cluster.lagMs === 0) cluster.follow();
  else cluster.tick(Math.max(0, work.settledAt(select()) - now()));

  /** Reads the object again where somebody has changed it in between. */
  function settle<T extends Service | Route>(
    known: T,
    read: () => T | undefined,
    change: (object: T, now: number) => Write | undefined,
  ): void {
    for (let found: T | undefined = known; found !== undefined; found = read()) {
      const write = change(found, now());
      try {
        if (write !== undefined) cluster.perform(write);
        return;
      } catch (error) {
        if (!(error instanceof Conflict) || error instanceof Refused) throw error;
      }
    }
  }
}
