import type { BackendRef, Route, RouteRule } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { HELD } from "../../rollout/keys.ts";
import { exposureAt } from "../../rollout/plan/grant.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { equal } from "../../rollout/text/equal.ts";
import { type Exposure, NONE } from "../../rollout/traffic/exposure.ts";
import type { Match } from "../../rollout/traffic/matches.ts";
import { selectorOf } from "../../rollout/traffic/service-record.ts";
import { cookieOf } from "../../rollout/traffic/sticky.ts";
import { isStableDown } from "../../rollout/workload/stable-down.ts";
import { hashOf, sameTemplate } from "../../rollout/workload/template.ts";
import { heldIn, planIn, runIn } from "./records.ts";
import type { World } from "./world.ts";

/** The app of the pods that a user's Service selects; in these tests its name tells it. */
export const appOf = (service: string) => (service === "admin" ? "web" : service);

/** Throws if one of the promises about traffic is broken at this instant. */
export function checkPromises(world: World): void {
  const services = new Map(world.list("services").map((service) => [service.metadata.name, service]));
  checkShares(world, world.routes(), services);
  checkTargets(world, services);
}

/** Throws if a rule has no Service to send requests to. */
export function checkTargets(
  world: World,
  services = new Map(world.list("services").map((service) => [service.metadata.name, service])),
): void {
  for (const route of world.routes()) {
    for (const rule of route.spec.rules ?? []) {
      const refs = rule.backendRefs ?? [];
      const lost = [...refs, ...copiesOf(rule)].find(({ name }) => !services.has(name));
      if (lost) throw broken(world, `a route names Service ${lost.name}, which does not exist`);
      // The users of these tests give every rule some weight.
      if (refs.length > 0 && refs.every(({ weight = 1 }) => weight === 0))
        throw broken(world, "a rule has weight 0 for every backend");
    }
  }
}

/** Throws if these routes give a version more than its grant. */
export function checkShares(
  world: World,
  routes: readonly Route[],
  services = new Map(world.list("services").map((service) => [service.metadata.name, service])),
): void {
  const rules = routes.flatMap((route) => route.spec.rules ?? []);
  for (const deployment of world.list("deployments")) {
    const versions = unproven(world, deployment);
    if (versions.length === 0) continue;
    for (const rule of rules) checkShare(world, deployment, rule, versions, services);
  }
}

/** Throws if a backend has weight but no ready endpoint. */
export function checkServed(world: World): void {
  const services = new Map(world.list("services").map((service) => [service.metadata.name, service]));
  for (const { backendRefs = [] } of world.inForce().flatMap((route) => route.spec.rules ?? [])) {
    for (const { name, weight = 1 } of backendRefs) {
      const service = services.get(name);
      const ready = service ? [...world.endpoints(service).values()].reduce((a, b) => a + b, 0) : 0;
      if (weight > 0 && ready === 0) throw broken(world, `Service ${name} has weight but no ready endpoint`);
    }
  }
}

/** A version that may not have all requests yet, and its grant. */
interface Unproven {
  readonly set: ReplicaSet;
  /** One of these is in force. */
  readonly granted: readonly Exposure[];
  /** The share of requests that the version may get as mirrored copies, in percent. */
  readonly copies: number;
}

/** The versions after the stable one. Earlier versions have been stable themselves and may have all requests. */
function unproven(world: World, deployment: Deployment): Unproven[] {
  const held = heldIn(deployment);
  if (held === undefined) return [];
  const sets = world.replicaSetsOf(deployment);
  const since = sets.findIndex((set) => hashOf(set) === held.stable);
  // Without a stable version that serves, the versions that are left may get all requests.
  if (since < 0 || held.lost || isStableDown(sets[since])) return [];
  return sets.slice(since + 1).map((set) => {
    const before = world.before.get(set.metadata.name) ?? [];
    const copies = Math.max(copiesGrantedTo(set, deployment), ...before.map(({ mirror = 0 }) => mirror));
    return { set, granted: [grantedTo(world, set, deployment), ...before], copies };
  });
}

/** Throws if a version gets more than its grant of the requests, or copies, that a rule sends to the Deployment. */
function checkShare(
  world: World,
  deployment: Deployment,
  rule: RouteRule,
  versions: readonly Unproven[],
  services: Map<string, Service>,
): void {
  const app = deployment.spec.template.metadata?.labels?.app;
  const isOwn = ({ name }: { name: string }) => {
    const service = services.get(name);
    // Requests to a deleted Service still count.
    return service === undefined ? appOf(name) === app : selectorOf(service).app === app;
  };
  const refs = (rule.backendRefs ?? []).filter(isOwn);
  const mirrors = copiesOf(rule).filter(isOwn);
  const all = refs.reduce((total, { weight = 1 }) => total + weight, 0);
  for (const { set, granted, copies } of versions) {
    const partOf = (name: string) => fraction(world, services.get(name), set);
    const share = refs.reduce((total, { name, weight = 1 }) => total + weight * partOf(name), 0) / (all || 1);
    const most = Math.max(...granted.map((one) => (isFor(rule, one) ? 100 : one.weight)));
    expectAtMost(world, set, share * 100, most, "of the requests");
    for (const { name, percent } of mirrors)
      expectAtMost(world, set, percent * partOf(name), copies, "as copies");
  }
}

function expectAtMost(world: World, set: ReplicaSet, share: number, granted: number, of: string): void {
  if (share <= granted + 1e-6) return;
  const what = `${set.metadata.name} gets ${share.toFixed(2)} % ${of}; its grant is ${granted} %`;
  throw broken(world, what);
}

/** Whether a rule takes only requests that the grant's matches or cookie select. Such a rule may send all to the canary. */
function isFor({ matches }: RouteRule, { match = [], sticky }: Exposure): boolean {
  const granted = [...match, ...(sticky ? [cookieOf(sticky, "canary")] : [])];
  const requires = (rule: Match, wanted: Match) =>
    (wanted.headers ?? []).every((field) => rule.headers?.some((own) => equal(own, field))) &&
    (wanted.queryParams ?? []).every((field) => rule.queryParams?.some((own) => equal(own, field)));
  const all = (matches ?? [{}]) as readonly Match[];
  return all.every((rule) => granted.some((wanted) => requires(rule, wanted)));
}

/** The Services to which a rule mirrors requests, each with its percentage. */
function copiesOf({ filters }: RouteRule): readonly { readonly name: string; readonly percent: number }[] {
  const mirrors = (filters ?? []) as readonly {
    requestMirror?: { backendRef: BackendRef; percent?: number };
  }[];
  return mirrors.flatMap(({ requestMirror }) =>
    requestMirror === undefined
      ? []
      : [{ name: requestMirror.backendRef.name, percent: requestMirror.percent ?? 100 }],
  );
}

function fraction(world: World, service: Service | undefined, set: ReplicaSet): number {
  if (service === undefined || world.isOpen(service)) return 0;
  const endpoints = world.endpoints(service);
  const ready = [...endpoints.values()].reduce((a, b) => a + b, 0);
  return ready === 0 ? 0 : (endpoints.get(hashOf(set)) ?? 0) / ready;
}

/** The plan of the version's own rollout: a superseded one began with other defaults, of which native control has left a copy. */
function planBehind(set: ReplicaSet, deployment: Deployment): Plan {
  const isSuperseded =
    runIn(set)?.started !== heldIn(deployment)?.started && HELD in (set.metadata.annotations ?? {});
  return planIn(isSuperseded ? { ...deployment, metadata: set.metadata } : deployment);
}

/** The version's current grant, by its own record and the plan. */
export function grantedTo(world: World, set: ReplicaSet, deployment: Deployment): Exposure {
  const run = runIn(set);
  // A proven version whose ReplicaSet was deleted begins without a record, and stays proven.
  const isPromoted =
    heldIn(deployment)?.phase === "promoting" && sameTemplate(set.spec.template, deployment.spec.template);
  if (run === undefined && isPromoted) return { weight: 100 };
  // A Deployment without a canary may adopt the version of another one's rollout, whose record is still there.
  const isJudged = run?.outcome === "running" && run.started === heldIn(deployment)?.started;
  if (!isJudged && world.begunNatively.has(set.metadata.name)) return { weight: 100 };
  if (run === undefined) return NONE;
  if (run.outcome === "superseded" || world.drained.has(set, run)) return NONE;
  if (run.outcome === "proven" || run.outcome === "promoted") return { weight: 100 };
  const id = Date.parse(run.started).toString(36);
  return exposureAt(planBehind(set, deployment), run.step, {
    cookie: `serin-${deployment.metadata.namespace}-${deployment.metadata.name}`,
    id,
  });
}

/** The largest mirrored share of the steps so far, in percent: copies last until the routes carry the next step. */
export function copiesGrantedTo(set: ReplicaSet, deployment: Deployment): number {
  const passed = planBehind(set, deployment).steps.slice(0, (runIn(set)?.step ?? -1) + 1);
  return Math.max(0, ...passed.map((step) => (step.kind === "mirror" ? step.percent : 0)));
}

function broken(world: World, what: string): Error {
  return new Error(`${what}, after: ${world.story.slice(-12).join(" | ")}`);
}
