import type { Clock } from "../kube/clock.ts";
import { ifNotFound } from "../kube/errors.ts";
import type { Log } from "../kube/log.ts";
import { deployments, httpRoutes, replicaSets, services } from "../kube/resources.ts";
import type { Kube } from "../kube/rest.ts";
import { admitCreate, admitUpdate, changesTemplate } from "../rollout/admit.ts";
import type { Answer } from "../rollout/answer.ts";
import type { Reads } from "../rollout/change.ts";
import { FLIGHT } from "../rollout/keys.ts";
import type { Deployment, ReplicaSet, Route, Service } from "../rollout/objects.ts";
import { performEffect } from "./effects.ts";
import type { Admit } from "./server.ts";

/** What an answer about a Deployment may need. */
export interface Needs {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
}

/** Answers requests about Deployments: gathers what the decision needs, decides, performs its side effects. */
export function admitDeployments({ kube, clock, log }: Needs): Admit<Deployment> {
  return async ({ object: requested, oldObject: old, dryRun }) => {
    if (old === null) return admitCreate(requested);
    const reads = changesTemplate(requested, old) ? await gather(kube, old) : undefined;
    const answer = admitUpdate(requested, old, reads, new Date(clock.now()).toISOString());
    if (reads !== undefined) log.info(summary(old, answer, dryRun), "new template");
    if (dryRun) return answer;
    const needs = { kube, clock };
    for (const effect of answer.effects) await performEffect(effect, answer.allowed, needs);
    return answer;
  };
}

function summary({ metadata: { namespace, name } }: Deployment, answer: Answer, dryRun = false): object {
  const said = answer.allowed ? { warnings: answer.warnings } : { message: answer.message };
  return { namespace, name, dryRun, allowed: answer.allowed, ...said };
}

/** From the API server's cache where possible (resourceVersion 0), but for the ReplicaSets: they decide who is stable. */
async function gather(kube: Kube, old: Deployment): Promise<Reads> {
  const { namespace, uid } = old.metadata;
  const labelSelector = Object.entries(old.spec.selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const cached = { resourceVersion: "0" };
  const [sets, here, neighbours, routes] = await Promise.all([
    kube.list<ReplicaSet>(replicaSets, { namespace }, { labelSelector }),
    kube.list<Service>(services, { namespace }, cached),
    kube.list<Deployment>(deployments, { namespace }, cached),
    old.metadata.labels?.[FLIGHT] === undefined
      ? // Without the Gateway API there is no route.
        kube.list<Route>(httpRoutes, {}, cached).catch(ifNotFound({ items: [] }))
      : kube.list<Route>(httpRoutes, {}, { labelSelector: FLIGHT }),
  ]);
  const own = sets.items.filter(({ metadata }) =>
    metadata.ownerReferences?.some((owner) => owner.uid === uid),
  );
  return { replicaSets: own, services: here.items, deployments: neighbours.items, routes: routes.items };
}
