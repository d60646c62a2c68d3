import type { BackendRef, Route, RouteRule } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { exposureAt } from "../../rollout/plan/grant.ts";
import { equal } from "../../rollout/text/equal.ts";
import { type Exposure, NONE } from "../../rollout/traffic/exposure.ts";
import type { Match } from "../../rollout/traffic/matches.ts";
import { selectorOf } from "../../rollout/traffic/service-record.ts";
import { cookieOf } from "../../rollout/traffic/sticky.ts";
import { hashOf } from "../../rollout/workload/template.ts";
import { heldIn, planIn, runIn } from "./records.ts";
import type { World } from "./world.ts";

/** Throws when one of the promises about traffic is broken at this instant. */
export function checkPromises(world: World): void {
  const services = new Map(world.list("services").map((service) => [service.metadata.name, service]));
  checkShares(world, world.routes(), services);
  checkTargets(world, services);
}

/** Throws when a rule has no Service to send to. */
export function checkTargets(
  world: World,
  services = new Map(world.list("services").map((service) => [service.metadata.name, service])),
): void {
  for (const route of world.routes()) {
    for (const rule of route.spec.rules ?? []) {
      const refs = rule.backendRefs ?? [];
      const lost = [...refs, ...copiesOf(rule)].find(({ name }) => !services.has(name));
      if (lost) throw broken(world, `route names ${lost.name}, which is not there`);
      // Here, every rule of the user's has some weight.
      if (refs.length > 0 && refs.every(({ weight = 1 }) => weight === 0))
        throw broken(world, "all weights are zero");
    }
  }
}

/** Throws when by these routes some version gets more than it was granted. */
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

/** Throws when requests go where nobody answers. */
export function checkServed(world: World): void {
  const services = new Map(world.list("services").map((service) => [service.metadata.name, service]));
  for (const { backendRefs = [] } of world.inForce().flatMap((route) => route.spec.rules ?? [])) {
    for (const { name, weight = 1 } of backendRefs) {
      const service = services.get(name);
      const ready = service ? [...world.endpoints(service).values()].reduce((a, b) => a + b, 0) : 0;
      if (weight > 0 && ready === 0)
        throw broken(world, `traffic goes to ${name}, which has no ready endpoint`);
    }
  }
}

/** A version that has no right to everything, and what it was granted. */
interface Unproven {
  readonly set: ReplicaSet;
  /** One of these is in force. */
  readonly granted: readonly Exposure[];
  /** In percent. */
  readonly copies: number;
}

/** What came before the stable version served once itself: those are not among them. */
function unproven(world: World, deployment: Deployment): Unproven[] {
  const held = heldIn(deployment);
  if (held === undefined) return [];
  const sets = world.replicaSetsOf(deployment);
  const since = sets.findIndex((set) => hashOf(set) === held.stable);
  return sets.slice(since + 1).map((set) => {
    const before = world.before.get(set.metadata.name) ?? [];
    const copies = Math.max(copiesGrantedTo(set, deployment), ...before.map(({ mirror = 0 }) => mirror));
    return { set, granted: [grantedTo(world, set, deployment), ...before], copies };
  });
}

/** Of what a rule sends to the Deployment, and copies to it, no version gets more than it was granted. */
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
    // In these tests a Service has the name of its pods' app: what goes to a lost one still counts.
    return service === undefined ? name === app : selectorOf(service).app === app;
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
  const what = `${set.metadata.name} gets ${share.toFixed(2)} % ${of}, granted were ${granted} %`;
  throw broken(world, what);
}

/** Whether a rule is for nobody but those who were granted the canary, whatever its weight. */
function isFor({ matches }: RouteRule, { match = [], sticky }: Exposure): boolean {
  const granted = [...match, ...(sticky ? [cookieOf(sticky, "canary")] : [])];
  const demands = (rule: Match, wanted: Match) =>
    (wanted.headers ?? []).every((field) => rule.headers?.some((own) => equal(own, field))) &&
    (wanted.queryParams ?? []).every((field) => rule.queryParams?.some((own) => equal(own, field)));
  const all = (matches ?? [{}]) as readonly Match[];
  return all.every((rule) => granted.some((wanted) => demands(rule, wanted)));
}

/** Where a rule copies requests to, and how many of them, in percent. */
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

/** What the version may have now, by its own record and the plan. */
export function grantedTo(world: World, set: ReplicaSet, deployment: Deployment): Exposure {
  const run = runIn(set);
  if (run === undefined) return world.begunNatively.has(set.metadata.name) ? { weight: 100 } : NONE;
  if (run.outcome === "superseded") return NONE;
  if (run.outcome === "proven" || run.outcome === "promoted") return { weight: 100 };
  const id = Date.parse(run.started).toString(36);
  return exposureAt(planIn(deployment), run.step, {
    cookie: `serin-${deployment.metadata.namespace}-${deployment.metadata.name}`,
    id,
  });
}

/** In percent: those of an earlier step, until the next one is in the routes. */
export function copiesGrantedTo(set: ReplicaSet, deployment: Deployment): number {
  const passed = planIn(deployment).steps.slice(0, (runIn(set)?.step ?? -1) + 1);
  return Math.max(0, ...passed.map((step) => (step.kind === "mirror" ? step.percent : 0)));
}

function broken(world: World, what: string): Error {
  return new Error(`${what}, after: ${world.story.slice(-12).join(" | ")}`);
}
