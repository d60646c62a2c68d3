import { application } from "../gateways/metrics/application.ts";
import { besideWeights, keptSessions } from "../traffic/beside.ts";
import type { Snapshot } from "./snapshot.ts";

/** A Service chooses a pod for each connection, not for each request. */
const KEPT = "no route names a Service of these pods, so a client that keeps its connection stays at one pod";

/**
 * Why the stable version may get requests although the canary gets none, without any fault of the canary: no weight splits
 * them. `undefined` if Serin knows of no such requests.
 */
export function bypassOf(snapshot: Snapshot): string | undefined {
  const { services, routes, leftOutRoutes: leftOut = [], ingresses = [], judgeInput } = snapshot;
  const own = judgeInput?.sources.some(({ pack }) => pack === application)
    ? [
        routes.length === 0
          ? KEPT
          : "the application's own metrics count requests that come without the gateway too",
      ]
    : [];
  const inMesh = routes.some(({ spec }) => spec.parentRefs?.some(({ kind }) => kind === "Service"));
  const mesh = inMesh ? undefined : judgeInput?.sources.find(({ pack }) => pack.countsMesh)?.pack.name;
  const found = [
    ...besideWeights({ services, leftOut, ingresses }),
    ...keptSessions({ services, routes }),
    ...own,
    ...(mesh === undefined
      ? []
      : [`${mesh} counts requests from inside the mesh, which come without a Gateway, too`]),
  ];
  return found.length === 0 ? undefined : found.join("; ");
}
