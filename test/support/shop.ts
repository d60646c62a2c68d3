import { expect } from "chai";
import type { Deployment, DeploymentSpec } from "../../kube/core/workloads.ts";
import { lastRunOf, type Outcome } from "../../rollout/workload/run-record.ts";
import { checkPromises, checkServed } from "../model/invariants.ts";
import { World } from "../model/world.ts";
import { aDeployment, aRoute, aService, aTemplate } from "./builders.ts";

/** A world in which `web:1` serves in full behind a Service and a route, and every promise is checked. */
export function aShop({
  annotations = {},
  replicas = 5,
  routed = true,
  neighbour = false,
  grpc = false,
} = {}): World {
  const world = new World();
  const add = (name: string) => {
    const own = { "serin.dev/checks": "success-rate >= 99%", ...annotations };
    world.put("deployments", aDeployment({ image: `${name}:1`, annotations: own, replicas, meta: { name } }));
    world.put(
      "services",
      aService({ selector: { app: name }, meta: { name, annotations: { owner: name } } }),
    );
  };
  add("web");
  if (neighbour) add("api");
  const backends = [{ name: "web", port: 80 }, ...(neighbour ? [{ name: "api", port: 80, weight: 3 }] : [])];
  if (routed) world.put("httproutes", aRoute({ backends }));
  // Routes of both kinds may have the same name.
  if (grpc) world.put("grpcroutes", aRoute({ kind: "GRPCRoute", backends, meta: { uid: "uid-grpc-route" } }));
  for (let i = 0; i < 5; i += 1) world.tick();
  world.check = () => checkPromises(world);
  return world;
}

/** `kubectl set image`, for `request`. */
export const image = (name: string) => (deployment: Deployment) =>
  edit({ template: aTemplate(name, deployment.metadata.name) })(deployment);

/** `kubectl patch` of the spec. */
export const edit =
  (spec: Partial<DeploymentSpec>) =>
  (deployment: Deployment): Deployment => ({
    ...deployment,
    spec: { ...deployment.spec, ...spec },
  });

/** `kubectl annotate`. */
export const annotate =
  (key: string, value: string) =>
  (deployment: Deployment): Deployment => ({
    ...deployment,
    metadata: { ...deployment.metadata, annotations: { ...deployment.metadata.annotations, [key]: value } },
  });

/** The end of a rollout as users see it: specs, sizes, and the objects on which Serin left a mark. */
export function ending(world: World) {
  const marks = (["deployments", "services", "httproutes", "grpcroutes", "replicasets"] as const).flatMap(
    (kind) =>
      world.list(kind).flatMap(({ metadata }) => {
        const marks = [metadata.labels?.["serin.dev/flight"], metadata.annotations?.["serin.dev/held"]];
        return marks.some((mark) => mark !== undefined) ? [`${kind}/${metadata.name}`] : [];
      }),
  );
  const sizes = world.list("replicasets").filter(({ spec }) => (spec.replicas ?? 0) > 0);
  return {
    deployments: world.list("deployments").map(({ spec }) => spec),
    services: world
      .list("services")
      .map(({ metadata, spec }) => ({ name: metadata.name, selector: spec.selector })),
    rules: world.routes().map(({ spec }) => spec.rules),
    pods: Object.fromEntries(sizes.map(({ metadata, spec }) => [metadata.name, spec.replicas])),
    marks,
  };
}

/** The outcome of the last rollout of that ReplicaSet. */
export function outcome(world: World, set: string): Outcome | undefined {
  const found = world.list("replicasets").find(({ metadata }) => metadata.name === set);
  return found && lastRunOf(found)?.outcome;
}

/** Expects `version` in place as if no rollout had ever been: no mark, and the user's own specs. */
export function expectRest(world: World, version: string, found: Record<string, number>): void {
  const fresh = aShop();
  const { rules, services } = ending(fresh);
  const end = ending(world);
  expect(end.marks).to.deep.equal([]);
  expect(end.rules).to.deep.equal(rules);
  expect(end.services).to.deep.equal(services);
  expect(end.pods).to.deep.equal(found);
  expect(world.get("deployments", "web").spec).to.deep.equal({
    ...fresh.get("deployments", "web").spec,
    replicas: world.get("deployments", "web").spec.replicas,
    template: image(version)(fresh.get("deployments", "web")).spec.template,
  });
}

/** The world with one more check at every change: each request finds a ready pod. */
export function watched(world: World): World {
  world.check = () => {
    checkPromises(world);
    checkServed(world);
  };
  return world;
}
