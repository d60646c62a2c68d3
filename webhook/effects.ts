import type { Kube } from "../kube/client/api.ts";
import { isNotFound } from "../kube/client/errors.ts";
import { listGrants } from "../kube/client/grants.ts";
import { retryOnConflict } from "../kube/client/retry-on-conflict.ts";
import { listRoutes } from "../kube/client/routes.ts";
import type { Clock } from "../kube/core/clock.ts";
import { messageOf } from "../kube/core/error-message.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import { type Resource, routeResource, services } from "../kube/core/resources.ts";
import type { ReferenceGrant, Route } from "../kube/core/routes.ts";
import type { Service } from "../kube/core/services.ts";
import type { Write as KubeWrite } from "../kube/core/writes.ts";
import { perform } from "../kube/runtime/apply.ts";
import type { Effect } from "../rollout/admission/answer.ts";
import { type EffectWork, workOf } from "../rollout/admission/effect-write.ts";
import { notAccepted } from "../rollout/gateways/settle.ts";
import { FLIGHT } from "../rollout/keys.ts";
import { crossesInto } from "../rollout/traffic/grants.ts";
import { shareOf } from "../rollout/traffic/route-record.ts";

/** How long (ms) Serin waits for a gateway to accept a route. After that only the settle time counts. */
const ACCEPTANCE_MS = 2_000;
const POLL_MS = 100;

interface Needs {
  readonly kube: Kube;
  readonly clock: Clock;
  /** The Deployment's. */
  readonly namespace: string;
}

/**
 * Performs an effect that admission promises with its answer. With `wait`, returns when it is in force. Every effect is
 * harmless if the API server refuses the request after all.
 */
export async function performEffect(effect: Effect, wait: boolean, needs: Needs): Promise<void> {
  const { kube, clock, namespace } = needs;
  const work = workOf(effect);
  if (work.on === "routes") return drain(work, effect.uid, wait, needs);
  const labelSelector = `${FLIGHT}=${effect.uid}`;
  const found = work.services ?? (await kube.list<Service>(services, { namespace }, { labelSelector })).items;
  await Promise.all(
    found.map((service) =>
      settleConflicts(kube, services, service, clock, (stored) => work.write(stored, clock.now())),
    ),
  );
}

/** Writes every route, even if one is refused, then waits as long as the gateways need to follow. */
async function drain(
  { select, write, settledAt }: EffectWork & { on: "routes" },
  uid: string,
  wait: boolean,
  { kube, clock, namespace }: Needs,
): Promise<void> {
  const routes = await listRoutes<Route>(kube, { labelSelector: FLIGHT });
  const crosses = routes.some((route) => shareOf(route, uid) !== undefined && crossesInto(namespace, route));
  const grants = crosses ? await listGrants<ReferenceGrant>(kube, namespace) : [];
  const own = select(routes, namespace, grants);
  const written = await Promise.allSettled(
    own.map((found) =>
      settleConflicts(kube, routeResource(found), found, clock, (route) => write(route, clock.now())),
    ),
  );
  const refused = written.find((one) => one.status === "rejected");
  if (refused !== undefined) throw refused.reason;
  if (!wait) return;
  const drained = await Promise.all(own.map((route) => awaitAccepted(kube, route, clock)));
  // The API server repeats an admission if the object changed during the wait: the time until then counts.
  const leftMs = settledAt(drained) - clock.now();
  if (leftMs > 0) await clock.sleep(leftMs);
}

async function awaitAccepted(kube: Kube, written: Route, clock: Clock): Promise<Route> {
  const { namespace, name } = written.metadata;
  const until = clock.now() + ACCEPTANCE_MS;
  for (;;) {
    const route = await kube.get<Route>(routeResource(written), { namespace, name });
    if (notAccepted(route) === undefined || clock.now() >= until) return route;
    await clock.sleep(POLL_MS);
  }
}

/** Writes the result of `change` for the stored object. An object that is gone needs no change. Errors name the object. */
export async function settleConflicts<T extends KubeObject>(
  kube: Kube,
  resource: Resource,
  found: T,
  clock: Clock,
  change: (object: T) => KubeWrite | undefined,
): Promise<void> {
  const { namespace, name } = found.metadata;
  const read = () => kube.get<T>(resource, { namespace, name });
  const apply = async (object: T) => {
    const write = change(object);
    const signature = { fieldManager: "serin", component: "serin", now: clock.now() };
    if (write !== undefined) await perform(kube, write, signature);
  };
  await retryOnConflict(read, apply, { known: found }).catch((cause: unknown) => {
    if (isNotFound(cause)) return;
    throw new Error(`cannot change ${resource.plural}/${name} of ${namespace}: ${messageOf(cause)}`, {
      cause,
    });
  });
}
