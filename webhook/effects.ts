import type { Kube } from "../kube/client/api.ts";
import { ifNotFound, isNotFound } from "../kube/client/errors.ts";
import { listNamespace } from "../kube/client/namespace-list.ts";
import { retryOnConflict } from "../kube/client/retry-on-conflict.ts";
import type { Clock } from "../kube/core/clock.ts";
import { messageOf } from "../kube/core/error-message.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import { type Resource, routeResource, services } from "../kube/core/resources.ts";
import type { Route } from "../kube/core/routes.ts";
import type { Service } from "../kube/core/services.ts";
import type { Write as KubeWrite } from "../kube/core/writes.ts";
import { perform } from "../kube/runtime/apply.ts";
import type { Effect } from "../rollout/admission/answer.ts";
import type { ClusterState } from "../rollout/admission/change.ts";
import { type EffectWork, workOf } from "../rollout/admission/effect-write.ts";
import { FLIGHT } from "../rollout/keys.ts";
import { leanService } from "../rollout/traffic/lean-service.ts";
import type { Lanes } from "./lanes.ts";

/** How long (ms) Serin waits for a gateway to accept a route. After that only the settle time counts. */
const ACCEPTANCE_MS = 2_000;
const POLL_MS = 100;

interface Needs {
  readonly kube: Kube;
  readonly clock: Clock;
  /** The turns in which Serin holds objects in memory. */
  readonly lanes: Pick<Lanes, "run">;
  /** Waits so long (ms) outside the turns (Pauses). */
  readonly pause: (ms: number) => Promise<void>;
  /** The Deployment's. */
  readonly namespace: string;
  /** The routes to drain, if an effect drains routes. */
  readonly routes: readonly RoutePlace[];
}

/** Where a route is. */
export type RoutePlace = Pick<Route, "kind" | "metadata">;

/**
 * Performs an effect that admission promises with its answer. With `wait`, returns when it is in force. Every effect is
 * harmless if the API server refuses the request after all.
 */
export async function performEffect(effect: Effect, wait: boolean, needs: Needs): Promise<void> {
  const { kube, lanes, namespace } = needs;
  const work = workOf(effect);
  if (work.on === "routes") return drain(work, wait, needs);
  const labelSelector = `${FLIGHT}=${effect.uid}`;
  await lanes.run(namespace, async () => {
    const found =
      work.services ??
      (await listNamespace<Service>(kube, services, { namespace, labelSelector }, leanService));
    await Promise.all(found.map((service) => settleConflicts(needs, services, service, work.write)));
  });
}

/** The routes that these effects drain, out of those that admission read for the Deployment. */
export function routesToDrain(
  effects: readonly Effect[],
  { routes, grants }: ClusterState,
  { metadata: { namespace = "" } }: Pick<KubeObject, "metadata">,
): readonly RoutePlace[] {
  const works = effects.map(workOf).filter((work) => work.on === "routes");
  const found = works.flatMap((work) => work.select(routes, namespace, grants));
  return found.map(({ kind, metadata: { namespace, name } }) => ({
    ...(kind !== undefined && { kind }),
    metadata: { name, ...(namespace !== undefined && { namespace }) },
  }));
}

/** Writes every route, even if one is refused, then waits as long as the gateways need to follow. */
async function drain(
  { write, isAccepted, settledAt }: EffectWork & { on: "routes" },
  wait: boolean,
  needs: Needs,
): Promise<void> {
  const { kube, clock, lanes, pause, namespace, routes } = needs;
  const inTurn = <T>(one: () => Promise<T>) => lanes.run(namespace, one);
  const written = await Promise.allSettled(
    routes.map((place) =>
      inTurn(async () => {
        const found = await readRoute(kube, place).catch(ifNotFound(undefined));
        if (found === undefined) return;
        await settleConflicts(needs, routeResource(found), found, write);
      }),
    ),
  );
  const refused = written.find((one) => one.status === "rejected");
  if (refused !== undefined) throw refused.reason;
  if (!wait) return;
  const settled = await Promise.all(routes.map((place) => awaitSettled(place)));
  // The API server repeats an admission if the object changed during the wait: the time until then counts. So does an undo
  // that is sent away from here: when it comes again, its routes are drained, and it has nothing to wait for.
  const leftMs = Math.max(0, ...settled) - clock.now();
  if (leftMs > 0) await pause(leftMs);

  /** Waits until the gateway has accepted the write. Returns when the write is in force, in ms. */
  async function awaitSettled(place: RoutePlace): Promise<number> {
    const until = clock.now() + ACCEPTANCE_MS;
    for (;;) {
      const settledMs = await inTurn(async () => {
        const route = await readRoute(kube, place).catch(ifNotFound(undefined));
        if (route === undefined) return 0;
        return isAccepted(route) || clock.now() >= until ? settledAt([route]) : undefined;
      });
      if (settledMs !== undefined) return settledMs;
      await clock.sleep(POLL_MS);
    }
  }
}

function readRoute(kube: Kube, place: RoutePlace): Promise<Route> {
  const { namespace, name } = place.metadata;
  return kube.get<Route>(routeResource(place), { namespace, name });
}

/** Writes what `change` makes of the stored object at this instant (ms). An object that is gone needs no change. Errors name the object. */
export async function settleConflicts<T extends KubeObject>(
  { kube, clock }: Pick<Needs, "kube" | "clock">,
  resource: Resource,
  found: T,
  change: (object: T, now: number) => KubeWrite | undefined,
): Promise<void> {
  const { namespace, name } = found.metadata;
  const read = () => kube.get<T>(resource, { namespace, name });
  const apply = async (object: T) => {
    const now = clock.now();
    const write = change(object, now);
    const signature = { fieldManager: "serin", component: "serin", now };
    if (write !== undefined) await perform(kube, write, signature);
  };
  await retryOnConflict(read, apply, { known: found }).catch((cause: unknown) => {
    if (isNotFound(cause)) return;
    throw new Error(`cannot change ${resource.plural}/${name} of ${namespace}: ${messageOf(cause)}`, {
      cause,
    });
  });
}
