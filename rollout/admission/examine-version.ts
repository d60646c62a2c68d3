import type { LeanRoute, Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { PodTemplate } from "../../kube/core/workloads.ts";
import { isolable, unmatched } from "../preflight/membership.ts";
import { NO_POLICIES, policyBlocker, policyCaveats } from "../preflight/policies.ts";
import { planBlocker } from "../preflight/preflight.ts";
import { isWantedRoute, wantedServices } from "../preflight/selection.ts";
import { misnamed, unsplittable } from "../preflight/services.ts";
import { indistinct, unaskable } from "../preflight/uncounted.ts";
import { missingGrant, permitted } from "../traffic/grants.ts";
import { servicesOf } from "../traffic/isolation.ts";
import { withoutShareOf } from "../traffic/overlay.ts";
import type { PlannedChange } from "./change.ts";
import { whyAloneInFlight } from "./natively.ts";
import { whyNotItsOwn } from "./without-hash.ts";

/** What a new version would meet in the cluster. */
interface Examination {
  /** The Services that Serin isolates for it. */
  readonly services: readonly Service[];
  /** The routes of its plan, without the share of the version in flight. */
  readonly routes: readonly Route[];
  /** The other routes that may lead to the Deployment. */
  readonly leftOut: readonly Route[];
  /** The routes of its plan, whether or not they may name its Services. */
  readonly wanted: readonly LeanRoute[];
  /** Why it cannot have a canary. */
  readonly refusal: string | undefined;
  /** What Serin cannot know of policies. */
  readonly caveats: readonly string[];
}

/**
 * Examines whether the plan can run for a new version: one that begins now, or one that waits until the version in flight is
 * drained. `stable` is the template of the stable version.
 */
export function examineVersion(change: PlannedChange, stable: PodTemplate): Examination {
  const { object, old, uid, cluster, plan } = change;
  const found = servicesOf(stable, cluster.services);
  const { namespace = "" } = old.metadata;
  const isWanted = (route: Route | LeanRoute) => isWantedRoute(plan, route, namespace);
  // Serin refuses missing grants only for routes that the plan names: other people's routes must not block this rollout.
  const near =
    plan.routes === undefined ? permitted(namespace, cluster.known, cluster.grants) : cluster.known;
  const wanted = near.filter(isWanted);
  const routes = change.routes.filter(isWanted).map((route) => withoutShareOf(route, uid));
  const { policies = NO_POLICIES } = cluster;
  const services = isolable(wantedServices(plan, found), routes);
  const refusal =
    whyAloneInFlight(change) ??
    whyNotItsOwn(change) ??
    misnamed(plan, found) ??
    unsplittable(services, old, cluster) ??
    unmatched(services, routes, object.spec.template) ??
    missingGrant(services, wanted, cluster.grants) ??
    planBlocker(plan, services, routes) ??
    unaskable(plan, services, routes) ??
    indistinct(plan, old.metadata.name, routes) ??
    policyBlocker(plan, services, routes, policies);
  const caveats = policyCaveats(plan, services, routes, policies);
  const leftOut = change.routes.filter((route) => !isWanted(route));
  return { services, routes, leftOut, wanted, refusal, caveats };
}
