import type { Route } from "../../kube/core/routes.ts";
import type { Gateway } from "../gateways/gateway.ts";
import { gatewaysOf, whyUncounted } from "../gateways/lookup.ts";
import type { Backend } from "../gateways/metrics/backend.ts";
import type { Terms } from "../judge/criteria.ts";
import type { Counted, Watch } from "../judge/evidence.ts";
import { isExposed } from "../traffic/exposure.ts";
import { flightOf, homeOf, isService } from "../traffic/route-record.ts";
import { nextWeight, recordOf, replicaSetOfRecord, type Seen, stableOf, stepOf, uidOf } from "./snapshot.ts";

/** What to ask the metrics about a rollout; `undefined` as long as its canary has nothing. */
export function watchOf(seen: Seen): Watch | undefined {
  const run = recordOf(seen);
  const from = inForceSince(seen);
  if (run?.outcome !== "running" || seen.held.phase !== "canary" || from === undefined) return undefined;
  const sources = sourcesOf(seen);
  return {
    uid: uidOf(seen),
    rollout: run.started,
    from: run.evidence?.from ?? from,
    ...(run.evidence && { known: run.evidence }),
    sources,
    terms: termsOf(seen, from),
    pods: { canary: seen.pods, stable: seen.stablePods },
    templates: seen.plan.checks.filter((check) => check.metric === "template"),
    subject: subjectOf(seen),
    variables: seen.plan.variables,
  };
}

/** Since when (ms) the canary has what the present step gives it, or has had less; absent: it has nothing. */
function inForceSince(seen: Seen): number | undefined {
  const run = recordOf(seen);
  const flights = seen.routes.flatMap((route) => flightOf(route, uidOf(seen)) ?? []);
  // Testers beside the weights are few and were not drawn: nothing is judged by them alone.
  const raised = flights.filter(
    (flight) => isExposed(flight) && (flight.weight > 0 || !flight.match || isChosen(seen)),
  );
  if (seen.routes.length === 0)
    return run?.inForceSince === undefined ? undefined : Date.parse(run.inForceSince);
  if (raised.length === 0) return undefined;
  return Math.max(...raised.map(({ since }) => Date.parse(since)));
}

/** Whether the users who match are all that the canary is for. */
function isChosen({ plan }: Seen): boolean {
  return plan.kind === "ab-test";
}

function termsOf(seen: Seen, from: number): Terms {
  const { plan } = seen;
  const comparable = plan.kind === "canary" || stepOf(seen)?.kind === "mirror";
  const counted = sourcesOf(seen).length > 0;
  return {
    compare: counted && comparable ? plan.compare : "off",
    checks: plan.checks.filter((check) => check.metric !== "template"),
    // A step that has been granted and is not yet in force is another step already.
    stepFrom: Math.max(from, Date.parse(recordOf(seen)?.stepSince ?? "")),
    nextShare: nextWeight(seen) / 100,
  };
}

function sourcesOf(seen: Seen): readonly Counted[] {
  const byPods = seen.routes.length === 0;
  if (seen.plan.metrics === "application" || (!byPods && seen.routes.some(isUncounted))) {
    return [{ pack: "application", ...armsOf(seen, seen.routes) }];
  }
  const packs = new Set(gatewaysIn(seen).map(({ metrics }) => metrics.pack));
  return [...packs].map((pack) => {
    const routes = seen.routes.filter((route) =>
      gatewaysOf(route).some(({ metrics }) => metrics.pack === pack),
    );
    return { pack, ...armsOf(seen, routes) };
  });
}

function gatewaysIn(seen: Seen): readonly Gateway[] {
  return seen.routes.flatMap(gatewaysOf);
}

function isUncounted(route: Route): boolean {
  return gatewaysOf(route).some((gateway) => whyUncounted(gateway, homeOf(route).kind) !== undefined);
}

function armsOf(seen: Seen, routes: readonly Route[]): Pick<Counted, "canary" | "stable"> {
  const canary = replicaSetOfRecord(seen)?.metadata.name ?? "";
  const stable = stableOf(seen)?.metadata.name ?? "";
  const namespace = seen.deployment.metadata.namespace ?? "";
  if (routes.length === 0) {
    const bare = { routeNamespace: namespace, route: "", namespace, service: "", refs: [] };
    // Nothing tells which protocol the pods speak.
    const pods = (replicaSet: string): Backend[] =>
      (["HTTPRoute", "GRPCRoute"] as const).map((routeKind) => ({ ...bare, routeKind, replicaSet }));
    return { canary: pods(canary), stable: pods(stable) };
  }
  const flights = routes.flatMap((route) => {
    return Object.entries(flightOf(route, uidOf(seen))?.twins ?? {}).map(([service, twin]) => ({
      route,
      service,
      twin,
    }));
  });
  return {
    canary: flights.map(({ route, twin }) => backend(route, namespace, twin, canary)),
    stable: flights.map(({ route, service }) => backend(route, namespace, service, stable)),
  };
}

function backend(route: Route, namespace: string, service: string, replicaSet: string): Backend {
  const home = route.metadata.namespace ?? "";
  const refs = (route.spec.rules ?? []).flatMap(({ backendRefs = [] }, rule) =>
    backendRefs.flatMap((ref, index) =>
      isService(ref) && ref.name === service && (ref.namespace ?? home) === namespace
        ? [{ rule, backend: index, ...(ref.port !== undefined && { port: ref.port }) }]
        : [],
    ),
  );
  const named = { routeKind: homeOf(route).kind, routeNamespace: home, route: route.metadata.name };
  return { ...named, namespace, service, refs, replicaSet };
}

function subjectOf(seen: Seen): Watch["subject"] {
  const { namespace = "", name } = seen.deployment.metadata;
  return {
    namespace,
    target: name,
    service: (seen.services.find(({ metadata }) => hasTwin(seen, metadata.name)) ?? seen.services[0])
      ?.metadata.name,
    route: seen.routes[0]?.metadata.name,
    replicaSet: replicaSetOfRecord(seen)?.metadata.name,
  };
}

function hasTwin(seen: Seen, service: string): boolean {
  return seen.routes.some((route) => flightOf(route, uidOf(seen))?.twins[service] !== undefined);
}
