import { expect } from "chai";
import { cleanUp } from "../../../cli/cleanup.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { deployments, httpRoutes, replicaSets } from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import { settleMs } from "../../../rollout/gateways/settle.ts";
import { FLIGHT, HELD } from "../../../rollout/keys.ts";
import { withHoldRecord } from "../../../rollout/workload/hold-record.ts";
import { FakeApi } from "../../support/api.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aRoute } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { applied } from "../../support/routes.ts";

describe("the clean-up command", () => {
  let api: FakeApi;
  let kube: Kube;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  it("takes the record off ReplicaSets that no controller had marked", async () => {
    const old = aDeployment();
    const status = { observedGeneration: 1, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
    const deployment = { ...withHoldRecord(old, aHeld({ phase: "undone" }), old), status };
    const ownerReferences = [
      { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-web", controller: true },
    ];
    const annotations = { [HELD]: deployment.metadata.annotations?.[HELD] ?? "" };
    api.add(deployments, deployment);
    api.add(replicaSets, aReplicaSet({ meta: { ownerReferences, annotations } }));
    await cleanUp({ kube, clock: hastyClock, say: () => {}, patienceMs: 5_000 });
    const { items } = await kube.list(replicaSets, {});
    for (const { metadata } of items) {
      expect(metadata.annotations ?? {}).to.not.have.property(HELD);
      expect(metadata.labels ?? {}).to.not.have.property(FLIGHT);
    }
    expect(items).to.have.length(1);
  });

  it("takes the weight, waits until that is in force, and only then removes the canary Service from the route", async () => {
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };
    const route = { apiVersion: "gateway.networking.k8s.io/v1", ...aRoute({ kind: "HTTPRoute" }) };
    api.add(httpRoutes, applied(route, { "uid-web": share }));
    const seen: string[] = [];
    const weights = async () => {
      const { spec } = await kube.get<Route>(httpRoutes, { namespace: "shop", name: "web" });
      const refs = spec.rules?.[0]?.backendRefs ?? [];
      return refs.map(({ name, weight = 1 }) => `${name} ${weight}`).join(", ");
    };
    const sleep = async (ms: number) => void seen.push(`${ms} ms at ${await weights()}`);
    await cleanUp({ kube, clock: { ...hastyClock, sleep }, say: () => {}, patienceMs: 5_000 });
    expect(seen).to.deep.equal([`${settleMs(route)} ms at web 1, web-canary 0`]);
    expect(await weights()).to.equal("web 1");
  });

  it("leaves an object whose record it cannot read as it is, and names it after it has restored the others", async () => {
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };
    const plain = { apiVersion: "gateway.networking.k8s.io/v1", ...aRoute({ kind: "HTTPRoute" }) };
    const route = applied(plain, { "uid-web": share });
    const damaged = { ...route.metadata, name: "damaged", annotations: { [HELD]: '{"v":2,"elsewhere":{}}' } };
    const old = aDeployment();
    const held = withHoldRecord(old, aHeld(), old);
    const deployment = {
      ...held,
      metadata: { ...held.metadata, annotations: { ...held.metadata.annotations, [HELD]: "spoiled" } },
    };
    api.add(httpRoutes, route);
    api.add(httpRoutes, { ...route, metadata: damaged });
    api.add(deployments, deployment);
    const said: string[] = [];
    const failure = await cleanUp({
      kube,
      clock: hastyClock,
      say: (sentence) => void said.push(sentence),
      patienceMs: 5_000,
    }).catch((error: Error) => error.message);
    expect(failure).to.match(
      /^route shop\/damaged: .*\nDeployment shop\/web: .* is not a valid record; restore its spec/,
    );
    expect(said).to.deep.equal(["route shop/web is as its owner wrote it"]);
    const kept = await kube.get<Route>(httpRoutes, { namespace: "shop", name: "damaged" });
    expect(kept.metadata.annotations).to.deep.equal(damaged.annotations);
    expect(kept.spec).to.deep.equal(route.spec);
    expect((await kube.get<Deployment>(deployments, { namespace: "shop", name: "web" })).spec).to.deep.equal(
      deployment.spec,
    );
  });
});
