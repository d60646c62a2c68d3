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
import { drainRoute, isolateService, restoreService } from "../rollout/admission/effect-write.ts";
import { notAccepted, settledOn } from "../rollout/gateways/settle.ts";
import { FLIGHT } from "../rollout/keys.ts";
import { crossesInto, permitted } from "../rollout/traffic/grants.ts";
import { shareOf } from "../rollout/traffic/route-record.ts";

/** How long a gateway may take to see a route before only the settle time counts, in ms. */
const ACCEPTANCE_MS = 2_000;
const POLL_MS = 100;

interface Needs {
  readonly kube: Kube;
  readonly clock: Clock;
  /** The Deployment's. */
  readonly namespace: string;
}

/**
 * Performs what admission promises with its answer; `wait` until it is in force, too. Every effect is harmless when the
 * request fails after all.
 */
export async function performEffect(effect: Effect, wait: boolean, needs: Needs): Promise<void> {
  switch (effect.kind) {
    case "isolate":
      await Promise.all(effect.services.map((service) => isolate(service, effect, needs)));
      return;
    case "widen":
      await restoreServices(effect.uid, needs);
      return;
    case "drain":
      await drain(effect, wait, needs);
      return;
    default:
      effect satisfies never;
  }
}

async function isolate(found: Service, effect: Effect & { kind: "isolate" }, { kube, clock }: Needs) {
  await settleConflicts(kube, services, found, clock, (service) =>
    isolateService(effect, service, clock.now()),
  );
}

async function restoreServices(uid: string, { kube, clock, namespace }: Needs): Promise<void> {
  const { items } = await kube.list<Service>(services, { namespace }, { labelSelector: `${FLIGHT}=${uid}` });
  await Promise.all(items.map((found) => settleConflicts(kube, services, found, clock, restoreService)));
}

/** Takes the canary's traffic from every route of the rollout, then waits as long as its gateways need to follow. */
async function drain(
  effect: Effect & { kind: "drain" },
  wait: boolean,
  { kube, clock, namespace }: Needs,
): Promise<void> {
  const { uid } = effect;
  const routes = await listRoutes<Route>(kube, { labelSelector: FLIGHT });
  const inFlight = routes.filter((route) => shareOf(route, uid) !== undefined);
  const crosses = inFlight.some((route) => crossesInto(namespace, route));
  // What others write on routes of their own must not keep this undo waiting.
  const own = permitted(
    namespace,
    inFlight,
    crosses ? await listGrants<ReferenceGrant>(kube, namespace) : [],
  );
  const written = await Promise.allSettled(
    own.map((found) =>
      settleConflicts(kube, routeResource(found), found, clock, (route) =>
        drainRoute(effect, route, clock.now()),
      ),
    ),
  );
  const refused = written.find((one) => one.status === "rejected");
  if (refused !== undefined) throw refused.reason;
  if (!wait) return;
  const drained = await Promise.all(own.map((route) => awaitAccepted(kube, route, clock)));
  // The API server repeats an admission when the object changed meanwhile: what was waited for counts.
  const settled = Math.max(...drained.map((route) => settledOn(route, uid)));
  if (settled > clock.now()) await clock.sleep(settled - clock.now());
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

/** Writes what `change` says of the object as it is stored now. An object that is gone needs no change. Throws with its name. */
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
