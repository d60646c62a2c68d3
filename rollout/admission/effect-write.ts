import type { ReferenceGrant, Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Write } from "../../kube/core/writes.ts";
import { notAccepted, settledOn } from "../gateways/settle.ts";
import { instant } from "../text/instant.ts";
import { drained, isExposed } from "../traffic/exposure.ts";
import { permitted } from "../traffic/grants.ts";
import { isIsolatedFor } from "../traffic/isolation.ts";
import { type RouteShare, shareOf } from "../traffic/route-record.ts";
import { isIsolated, serviceRecordOf } from "../traffic/service-record.ts";
import { writeIsolation, writeRoute, writeSelector } from "../traffic/writes.ts";
import type { Effect } from "./answer.ts";

/**
 * The work of an effect. `write` gets an object as it is stored now and the time in ms, so that a conflict can be retried;
 * `undefined`: the object needs no write.
 */
export type EffectWork =
  | {
      readonly on: "services";
      /** The Services to write; absent: those in flight with this rollout, in the Deployment's namespace. */
      readonly services?: readonly Service[];
      readonly write: (service: Service, now: number) => Write | undefined;
    }
  | {
      readonly on: "routes";
      /** The routes to write, out of all that are in flight. `namespace` and `grants` are the Deployment's. */
      readonly select: (
        routes: readonly Route[],
        namespace: string,
        grants: readonly ReferenceGrant[],
      ) => readonly Route[];
      readonly write: (route: Route, now: number) => Write | undefined;
      /** Whether the route's gateways have accepted what was written. */
      readonly isAccepted: (route: Route) => boolean;
      /** When (ms) the writes of these routes are in force; admission answers after it. */
      readonly settledAt: (routes: readonly Route[]) => number;
    };

/** An isolation that is at most this old (ms) belongs to the same update. */
const SAME_UPDATE_MS = 1_000;
/** A mark for an undo that is at most this old (ms) belongs to the same request: the API server may repeat its admission. */
const SAME_UNDO_MS = 15_000;

/** Turns an effect into the writes that carry it out. */
export function workOf(effect: Effect): EffectWork {
  const { uid } = effect;
  switch (effect.kind) {
    case "isolate": {
      const { services, hash } = effect;
      const write = (service: Service, now: number) =>
        isIsolatedFor(uid, service, hash) && isFresh(service, now)
          ? undefined
          : writeIsolation(service, uid, hash, instant(now));
      return { on: "services", services, write };
    }
    case "restore": {
      const write = (service: Service) => (isIsolated(service) ? writeSelector(service) : undefined);
      return { on: "services", write };
    }
    case "drain":
      return {
        on: "routes",
        // A route that may not name the Services carries no traffic. Its owner could keep this undo waiting.
        select: (routes, namespace, grants) =>
          permitted(
            namespace,
            routes.filter((route) => shareOf(route, uid) !== undefined),
            grants,
          ),
        write: (route, now) => drainRoute(effect, route, now),
        isAccepted: (route) => notAccepted(route, shareOf(route, uid)) === undefined,
        settledAt: (routes) => Math.max(0, ...routes.map((route) => settledOn(route, uid))),
      };
    default:
      return effect satisfies never;
  }
}

/** An earlier update that was never stored leaves Services isolated, and the grace in which this one may be stored must begin anew. */
function isFresh(service: Service, now: number): boolean {
  return now - Date.parse(serviceRecordOf(service)?.since ?? "") <= SAME_UPDATE_MS;
}

/** Whether the share is marked for the undo of this rollout. A request that comes again later has its whole time again. */
function isMarked({ undo }: RouteShare, rollout: string, now: number): boolean {
  return undo?.rollout === rollout && now - Date.parse(undo.at) <= SAME_UNDO_MS;
}

/** Before an undo, Serin also marks a share without traffic, or the controller could raise its weight just before the undo. */
function drainRoute(
  { uid, undo, latched }: Effect & { readonly kind: "drain" },
  route: Route,
  now: number,
): Write | undefined {
  const share = shareOf(route, uid);
  if (share === undefined) return undefined;
  const at = instant(now);
  const without = isExposed(share) ? drained(share, at, latched ? undefined : undo) : share;
  if (undo !== undefined && !isMarked(without, undo, now))
    return writeRoute(route, uid, { ...without, drained: true, undo: { rollout: undo, at } });
  return without === share ? undefined : writeRoute(route, uid, without);
}
