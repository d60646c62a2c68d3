import { countsBetween } from "../rollout/counts.ts";
import { gatewaysOf } from "../rollout/gateway.ts";
import type { Evidence } from "../rollout/judge.ts";
import type { Route } from "../rollout/objects.ts";
import { flightOf } from "../rollout/overlay.ts";
import { type Seen, uidOf } from "../rollout/seen.ts";
import { type Backend, bucketsQuery, countersOf, requestsQuery, type Sample } from "../rollout/traefik.ts";
import { type Query, SourceError } from "./prometheus.ts";

/** Reads what the metrics say about a rollout since an instant (ms). Not to know is an answer, too. */
export type ReadEvidence = (seen: Seen, since: number) => Promise<Evidence>;

interface Arms {
  readonly canary: readonly Backend[];
  readonly stable: readonly Backend[];
}

/** How many baselines are kept, at most: one a canary. */
const KEPT = 2_000;

/** Evidence from Prometheus. Counters at a past instant never change, so the baseline is read once a step. */
export function evidenceFrom(query: Query): ReadEvidence {
  const baselines = new Map<string, { since: number; samples: readonly Sample[] }>();
  return async (seen, since) => {
    const silent = seen.routes.flatMap(gatewaysOf).find((gateway) => gateway.metrics !== "traefik");
    if (silent !== undefined)
      return none(`this version knows no metrics of ${silent.name} that tell backends apart`);
    const arms = armsOf(seen);
    const histograms = seen.plan.checks.some((check) => check.metric === "percentile");
    const read = (at: number) => samplesAt(query, [...arms.canary, ...arms.stable], histograms, at);
    try {
      const key = uidOf(seen);
      const known = baselines.get(key);
      const before = known?.since === since ? known.samples : await read(since);
      baselines.delete(key);
      baselines.set(key, { since, samples: before });
      if (baselines.size > KEPT) baselines.delete(baselines.keys().next().value ?? "");
      return compare(arms, before, await read(seen.now), (seen.now - since) / 1000);
    } catch (error) {
      if (error instanceof SourceError) return none(error.message);
      throw error;
    }
  };
}

function compare(arms: Arms, before: readonly Sample[], after: readonly Sample[], seconds: number): Evidence {
  if (after.length === 0) {
    return none("Prometheus has no series of this route's backends: is the gateway scraped?");
  }
  const counts = (backends: readonly Backend[]) =>
    countsBetween(countersOf(before, backends), countersOf(after, backends));
  return { kind: "counts", canary: counts(arms.canary), stable: counts(arms.stable), seconds };
}

async function samplesAt(query: Query, backends: readonly Backend[], histograms: boolean, at: number) {
  const queries = [requestsQuery(backends), ...(histograms ? [bucketsQuery(backends)] : [])];
  return (await Promise.all(queries.map((promql) => query(promql, at)))).flat();
}

function armsOf(seen: Seen): Arms {
  const twins = seen.routes.map((route) => ({ route, twins: flightOf(route, uidOf(seen))?.twins ?? {} }));
  const namespace = seen.deployment.metadata.namespace ?? "";
  const backend = (route: Route, service: string): Backend => ({
    routeNamespace: route.metadata.namespace ?? "",
    route: route.metadata.name,
    namespace,
    service,
  });
  return {
    canary: twins.flatMap(({ route, twins }) => Object.values(twins).map((twin) => backend(route, twin))),
    stable: twins.flatMap(({ route, twins }) => Object.keys(twins).map((service) => backend(route, service))),
  };
}

function none(reason: string): Evidence {
  return { kind: "none", reason };
}
