import type { BackendRef, Route } from "../../kube/core/routes.ts";
import type { Gateway } from "../gateways/gateway.ts";
import { gatewaysOf, lacksCounters } from "../gateways/lookup.ts";
import { application } from "../gateways/metrics/application.ts";
import type { Backend } from "../gateways/metrics/backend.ts";
import type { Pack } from "../gateways/metrics/pack.ts";
import type { Criteria } from "../judge/criteria.ts";
import type { Counted, JudgeInput } from "../judge/evidence.ts";
import type { Evidence } from "../judge/fold.ts";
import { judgedBy } from "../plan/judged-by.ts";
import type { Plan } from "../plan/plan.ts";
import { strategies } from "../plan/strategy.ts";
import { CLOCK_SKEW_MS } from "../text/instant.ts";
import { isExposed } from "../traffic/exposure.ts";
import { homeOf, isService } from "../traffic/route-record.ts";
import { begunAt } from "../workload/run-record.ts";
import { idleBy } from "./idle.ts";
import { type Facts, isStableLost, nextWeight, stepIndex } from "./snapshot.ts";

/** The question to the metrics about a rollout; `undefined` while its canary has no traffic or no stable version. */
export function judgeInputOf(snapshot: Facts): JudgeInput | undefined {
  const { run } = snapshot;
  const since = inForceSince(snapshot);
  if (run?.outcome !== "running" || snapshot.held.phase !== "canary" || since === undefined) return undefined;
  if (isStableLost(snapshot)) return undefined;
  const started = begunAt(run, snapshot.now);
  // A route's owner may write any instant into its record.
  const from = Math.max(since, started, run.judgedSince === undefined ? since : Date.parse(run.judgedSince));
  const sources = sourcesOf(snapshot);
  const { evidence } = run;
  const known = isPlausible(evidence, started, snapshot.now) ? evidence : undefined;
  return {
    uid: snapshot.uid,
    rollout: run.started,
    ...(run.judgedSince !== undefined && { judgedSince: run.judgedSince }),
    from: known?.from ?? from,
    ...(known && { known }),
    sources,
    ...(snapshot.plan.prometheus !== undefined && { prometheus: snapshot.plan.prometheus }),
    terms: termsOf(snapshot, from),
    pods: { canary: snapshot.pods, stable: snapshot.stablePods },
    templates: snapshot.plan.checks.filter((check) => check.metric === "template"),
    subject: subjectOf(snapshot),
    variables: snapshot.plan.variables,
  };
}

/** The first tick begins at an instant of the grid, which lies at most one tick before the first weight, in ms. */
const LONGEST_TICK_MS = 600_000;

/**
 * Evidence from the future would keep every tick until then from being counted, and evidence from long before the rollout
 * would have the reader fold years of ticks before the canary is judged.
 */
function isPlausible(evidence: Evidence | undefined, started: number, now: number): boolean {
  if (evidence === undefined) return false;
  const { from, at, stepFrom } = evidence;
  return (
    from >= started - LONGEST_TICK_MS - CLOCK_SKEW_MS && Math.max(at, from, stepFrom) <= now + CLOCK_SKEW_MS
  );
}

/** Since when (ms) the canary has the traffic of the present step or an earlier one; absent: it has none. */
function inForceSince(snapshot: Facts): number | undefined {
  const { run } = snapshot;
  const shares = [...snapshot.shares.values()];
  // Testers in addition to a weight are few and not a random sample: Serin does not judge by them alone.
  const raised = shares.filter(
    (share) => isExposed(share) && (share.weight > 0 || !share.match || isChosen(snapshot)),
  );
  if (snapshot.routes.length === 0)
    return run?.inForceSince === undefined ? undefined : Date.parse(run.inForceSince);
  if (raised.length === 0) return undefined;
  return Math.max(...raised.map(({ since }) => Date.parse(since)));
}

/** Whether the users who match are all that the canary is for. */
function isChosen({ plan }: Facts): boolean {
  return strategies[plan.strategy].matchesOnly;
}

function termsOf(snapshot: Facts, from: number): Criteria {
  const { plan } = snapshot;
  const granted = plan.steps.slice(0, stepIndex(snapshot) + 1);
  const { compare, checks, alone, isChosen } = judgedBy(plan, granted, snapshot.routes.length === 0);
  const sources = sourcesOf(snapshot);
  const counted = sources.length > 0;
  // Nobody asked for the default check, and nothing can answer it.
  const asked = counted || !plan.checksAreDefault ? checks : [];
  const left = snapshot.run?.course?.findLast(({ step }) => step < stepIndex(snapshot));
  return {
    compare: counted ? compare : "off",
    checks: asked.filter((check) => check.metric !== "template"),
    ...(counted && alone && { alone }),
    ...(isChosen && { isChosen }),
    // A step that has been granted and is not yet in force is another step already.
    stepFrom: Math.max(from, Date.parse(snapshot.run?.stepSince ?? "")),
    ...(left && { leftFrom: Date.parse(left.at) }),
    ...(idleBy(snapshot, sources) !== undefined && { idle: true }),
    nextShare: nextWeight(snapshot) / 100,
  };
}

/** The versions, and the routes that lead to them with the rollout's share in each. */
export interface RoutedVersions extends Pick<Facts, "deployment" | "plan" | "routes" | "shares"> {
  readonly judged: Named | undefined;
  readonly stable: Named | undefined;
}

type Named = { readonly metadata: { readonly name: string } };

/** The backends of both versions, once for each kind of metrics that counts them. */
export function sourcesOf(snapshot: RoutedVersions): readonly Counted[] {
  const byPods = snapshot.routes.length === 0;
  if (snapshot.plan.metrics === "application" || (!byPods && snapshot.routes.some(lacksCounters))) {
    return [{ pack: application, ...armsOf(snapshot, snapshot.routes) }];
  }
  const packs = new Set(gatewaysIn(snapshot).map((gateway) => packOf(gateway, snapshot.plan)));
  return [...packs].map((pack) => {
    const routes = snapshot.routes.filter((route) =>
      gatewaysOf(route).some((gateway) => packOf(gateway, snapshot.plan) === pack),
    );
    return { pack, ...armsOf(snapshot, routes) };
  });
}

/** The metrics of an implementation that a plan reads: its usual ones, unless its Envoy has others and the plan asks for them. */
function packOf({ metrics }: Gateway, { metrics: source }: Pick<Plan, "metrics">): Pack {
  return source === "envoy" ? (metrics.envoy?.pack ?? metrics.pack) : metrics.pack;
}

function gatewaysIn(snapshot: Pick<Facts, "routes">): readonly Gateway[] {
  return snapshot.routes.flatMap(gatewaysOf);
}

function armsOf(snapshot: RoutedVersions, routes: readonly Route[]): Pick<Counted, "canary" | "stable"> {
  const canary = snapshot.judged?.metadata.name ?? "";
  const stable = snapshot.stable?.metadata.name ?? "";
  const namespace = snapshot.deployment.metadata.namespace ?? "";
  if (routes.length === 0) {
    const bare = { routeNamespace: namespace, route: "", namespace, service: "", refs: [] };
    // Serin does not know which protocol the pods speak.
    const pods = (replicaSet: string): Backend[] =>
      (["HTTPRoute", "GRPCRoute"] as const).map((routeKind) => ({ ...bare, routeKind, replicaSet }));
    return { canary: pods(canary), stable: pods(stable) };
  }
  const shares = routes.flatMap((route) => {
    return Object.entries(snapshot.shares.get(route)?.canaryServices ?? {}).map(
      ([service, canaryService]) => ({
        route,
        service,
        canaryService,
      }),
    );
  });
  return {
    canary: shares.map(({ route, canaryService }) => backend(route, namespace, canaryService, canary)),
    stable: shares.map(({ route, service }) => backend(route, namespace, service, stable)),
  };
}

function backend(route: Route, namespace: string, service: string, replicaSet: string): Backend {
  const home = route.metadata.namespace ?? "";
  const rules = route.spec.rules ?? [];
  const isMeant = (ref: BackendRef) =>
    isService(ref) && ref.name === service && (ref.namespace ?? home) === namespace;
  const refs = rules.flatMap(({ backendRefs = [] }, rule) =>
    backendRefs.flatMap((ref, index) =>
      isMeant(ref) ? [{ rule, backend: index, ...(ref.port !== undefined && { port: ref.port }) }] : [],
    ),
  );
  const mirrors = rules.flatMap(({ filters = [] }, rule) =>
    filters.flatMap(({ requestMirror }, filter) =>
      requestMirror !== undefined && isMeant(requestMirror.backendRef) ? [{ rule, filter }] : [],
    ),
  );
  const named = { routeKind: homeOf(route).kind, routeNamespace: home, route: route.metadata.name };
  return { ...named, namespace, service, refs, ...(mirrors.length > 0 && { mirrors }), replicaSet };
}

function subjectOf(snapshot: Facts): JudgeInput["subject"] {
  const { namespace = "", name } = snapshot.deployment.metadata;
  return {
    namespace,
    target: name,
    service: (
      snapshot.services.find(({ metadata }) => hasCanaryService(snapshot, metadata.name)) ??
      snapshot.services[0]
    )?.metadata.name,
    route: snapshot.routes[0]?.metadata.name,
    replicaSet: snapshot.judged?.metadata.name,
  };
}

function hasCanaryService(snapshot: Facts, service: string): boolean {
  return [...snapshot.shares.values()].some(({ canaryServices }) => canaryServices[service] !== undefined);
}
