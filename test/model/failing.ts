import { selectorOf } from "../../rollout/traffic/service-record.ts";
import type { ModelWorld } from "./model-world.ts";

/** Whether some pod of `web` is ready, and every Service exists that a route names: Serin cannot serve through a deleted one. */
export function canServe(world: ModelWorld): boolean {
  const refs = world
    .routes()
    .flatMap(({ spec }) => (spec.rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs));
  if (refs.some(({ name }) => world.find("services", name) === undefined)) return false;
  const deployment = world.find("deployments", "web");
  const sets = deployment === undefined ? [] : world.replicaSetsOf(deployment);
  return sets.some(({ status }) => (status?.readyReplicas ?? 0) > 0);
}

/** The largest share of the requests to `web`, in percent, that the gateway sends to a Service without a ready pod. */
export function failingShare(world: ModelWorld): number {
  const isWebs = (name: string) => {
    const service = world.find("services", name);
    return service === undefined ? /^(web|admin)/.test(name) : selectorOf(service).app === "web";
  };
  const shares = world
    .obeyed(world.inForce())
    .flatMap(({ spec }) => spec.rules ?? [])
    .map(({ backendRefs = [] }) => {
      const own = backendRefs.filter(({ name }) => isWebs(name));
      const sum = (refs: typeof own) => refs.reduce((total, { weight = 1 }) => total + weight, 0);
      return sum(own) === 0 ? 0 : (100 * sum(own.filter(({ name }) => !isServed(world, name)))) / sum(own);
    });
  return Math.max(0, ...shares);
}

function isServed(world: ModelWorld, name: string): boolean {
  const service = world.find("services", name);
  return service !== undefined && [...world.endpoints(service).values()].some((ready) => ready > 0);
}
