import { planOf } from "../../rollout/admit.ts";
import { heldOf } from "../../rollout/hold.ts";
import { selectorOf } from "../../rollout/isolation.ts";
import { HELD } from "../../rollout/keys.ts";
import type { Deployment, ReplicaSet, RouteRule, Service } from "../../rollout/objects.ts";
import { rulesOf } from "../../rollout/overlay.ts";
import type { Plan } from "../../rollout/plan.ts";
import { lastRunOf } from "../../rollout/run.ts";
import { hashOf } from "../../rollout/template.ts";
import type { World } from "./world.ts";

/** Throws when one of the promises about traffic is broken at this instant. */
export function checkPromises(world: World): void {
  const services = new Map(world.list("services").map((service) => [service.metadata.name, service]));
  for (const route of world.list("httproutes")) {
    const intents = rulesOf(route);
    route.spec.rules?.forEach((rule, i) => {
      const refs = rule.backendRefs ?? [];
      const lost = refs.find(({ name }) => !services.has(name));
      if (lost) throw broken(world, `route names ${lost.name}, which is not there`);
      const intended = intents[i]?.backendRefs?.some(({ weight = 1 }) => weight > 0);
      if (intended && refs.every(({ weight = 1 }) => weight === 0))
        throw broken(world, "all weights are zero");
      for (const deployment of world.list("deployments")) checkShare(world, deployment, rule, services);
    });
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

/** Of what a rule sends to the Deployment, no version gets more than it was granted. */
function checkShare(
  world: World,
  deployment: Deployment,
  rule: RouteRule,
  services: Map<string, Service>,
): void {
  const held = heldOf(deployment);
  if (held === undefined) return;
  const { uid } = deployment.metadata;
  const sets = world.list("replicasets").filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid);
  const app = deployment.spec.template.metadata?.labels?.app;
  const refs = (rule.backendRefs ?? []).flatMap((ref) => {
    const service = services.get(ref.name);
    return service && selectorOf(service).app === app ? [{ service, weight: ref.weight ?? 1 }] : [];
  });
  const all = refs.reduce((total, { weight }) => total + weight, 0);
  if (all === 0) return;
  // What came before the stable version served once itself.
  const since = sets.findIndex((set) => hashOf(set) === held.stable);
  for (const set of sets.slice(since + 1)) {
    const share =
      refs.reduce((total, { service, weight }) => total + weight * fraction(world, service, set), 0) / all;
    const granted = grantedTo(set, planOf(deployment));
    if (share * 100 > granted + 1e-6) {
      throw broken(
        world,
        `${set.metadata.name} gets ${(share * 100).toFixed(2)} %, granted were ${granted} %`,
      );
    }
  }
}

function fraction(world: World, service: Service, set: ReplicaSet): number {
  const endpoints = world.endpoints(service);
  const ready = [...endpoints.values()].reduce((a, b) => a + b, 0);
  return ready === 0 ? 0 : (endpoints.get(hashOf(set)) ?? 0) / ready;
}

function grantedTo(set: ReplicaSet, plan: Plan): number {
  const run = lastRunOf(set);
  // Native control copies the Deployment's record onto the versions that it makes under the hold; others it began itself.
  if (run === undefined) return set.metadata.annotations?.[HELD] === undefined ? 100 : 0;
  if (run.outcome === "superseded") return 0;
  if (run.outcome === "proven" || run.outcome === "promoted") return 100;
  const passed = plan.steps.slice(0, run.step + 1);
  return passed.reduce((weight, step) => (step.kind === "weight" ? step.weight : weight), 0);
}

function broken(world: World, what: string): Error {
  return new Error(`${what}, after: ${world.story.slice(-12).join(" | ")}`);
}
