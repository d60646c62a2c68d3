import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Write } from "../../kube/core/writes.ts";
import { instant } from "../text/instant.ts";
import { drained, isExposed } from "../traffic/exposure.ts";
import { isIsolatedTo } from "../traffic/isolation.ts";
import { shareOf } from "../traffic/route-record.ts";
import { serviceRecordOf } from "../traffic/service-record.ts";
import { writeIsolation, writeRoute, writeSelector } from "../traffic/writes.ts";
import type { Effect } from "./answer.ts";

type Of<K extends Effect["kind"]> = Effect & { readonly kind: K };

/** The write that isolates a Service as it is now; `undefined` when it selects those pods already. `now` in ms. */
export function isolateService(effect: Of<"isolate">, service: Service, now: number): Write | undefined {
  if (isIsolatedTo(service, effect.hash)) return undefined;
  return writeIsolation(service, effect.uid, effect.hash, instant(now));
}

/** The write that restores the selector of a Service as it is now; `undefined` when it is not isolated. */
export function restoreService(service: Service): Write | undefined {
  return serviceRecordOf(service) === undefined ? undefined : writeSelector(service);
}

/**
 * The write that takes the canary's traffic in a route as it is now; `undefined` when there is none to take. Before an undo
 * a share without traffic is marked as well: otherwise a grant that waits for its turn would come with the undo.
 */
export function drainRoute({ uid, undo }: Of<"drain">, route: Route, now: number): Write | undefined {
  const share = shareOf(route, uid);
  if (share === undefined) return undefined;
  const without = isExposed(share) ? drained(share, instant(now)) : share;
  if (undo && !without.drained) return writeRoute(route, uid, { ...without, drained: true });
  return without === share ? undefined : writeRoute(route, uid, without);
}
