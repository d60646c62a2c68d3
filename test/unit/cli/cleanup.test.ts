import { expect } from "chai";
import { cleanUp } from "../../../cli/cleanup/cleanup.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { messageOf } from "../../../kube/core/error-message.ts";
import { deployments, httpRoutes, replicaSets, services } from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Service } from "../../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../../kube/core/workloads.ts";
import { settleMs } from "../../../rollout/gateways/settle.ts";
import { FLIGHT, HELD, RUN, VERDICT } from "../../../rollout/keys.ts";
import { instant } from "../../../rollout/text/instant.ts";
import { isolationPatch, reisolate } from "../../../rollout/traffic/isolation.ts";
import { writeIsolation } from "../../../rollout/traffic/writes.ts";
import { hold, MIN_READY_SECONDS } from "../../../rollout/workload/hold.ts";
import { withHoldRecord } from "../../../rollout/workload/hold-record.ts";
import { formatRun, lastRunOf } from "../../../rollout/workload/run-record.ts";
import { writeRunRecord } from "../../../rollout/workload/writes.ts";
import { FakeApi } from "../../support/api.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  ownedByWeb,
} from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { merged } from "../../support/patch.ts";
import { applied } from "../../support/routes.ts";

const key = { namespace: "shop", name: "web" };

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
    const ownerReferences = [ownedByWeb];
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

  it("takes the mark off a Deployment whose record another policy removed", async () => {
    const status = { observedGeneration: 1, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
    api.add(deployments, { ...aDeployment({ meta: { labels: { [FLIGHT]: "uid-web" } } }), status });
    await cleanUp({ kube, clock: hastyClock, say: () => {}, patienceMs: 5_000 });
    const { metadata } = await kube.get<Deployment>(deployments, key);
    expect(metadata.labels ?? {}).to.not.have.property(FLIGHT);
  });

  it("keeps the present version if the stable ReplicaSet is gone, and restores its Services first", async () => {
    const old = aDeployment({ image: "web:2" });
    const held = withHoldRecord({ ...old, spec: hold(old.spec, "10%") }, aHeld(), old);
    const status = { observedGeneration: 9, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
    api.add(deployments, { ...held, status });
    const service = aService();
    const { metadata, spec } = isolationPatch(service, "uid-web", "web1", AT_NOON);
    api.add(services, {
      ...service,
      metadata: { ...service.metadata, ...metadata },
      spec: { ...service.spec, ...spec },
    });
    const said: string[] = [];
    await cleanUp({ kube, clock: hastyClock, say: (line) => void said.push(line), patienceMs: 5_000 });
    expect(said).to.include(
      "Deployment shop/web keeps its present version under its own fields: its stable ReplicaSet is gone",
    );
    expect((await kube.get<Deployment>(deployments, key)).spec).to.deep.equal(old.spec);
    expect((await kube.get<Service>(services, key)).spec.selector).to.deep.equal({ app: "web" });
    const written = api.requests.filter(({ method }) => method !== "GET").map(({ path }) => path);
    expect(written[0]).to.match(/services\/web$/);
  });

  it("ends a pause of the plan, which would keep native control from bringing the stable version back", async () => {
    const old = aDeployment({ image: "web:2" });
    const held = withHoldRecord({ ...old, spec: { ...hold(old.spec, "10%"), paused: true } }, aHeld(), old);
    const status = { observedGeneration: 9, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
    api.add(deployments, { ...held, status });
    const run = {
      started: AT_NOON,
      outcome: "running",
      step: 1,
      stepSince: AT_NOON,
      stable: "web1",
      message: "",
    } as const;
    const annotations = { [RUN]: formatRun({ ...run, paused: true }) };
    const ownerReferences = [ownedByWeb];
    api.add(replicaSets, aReplicaSet({ meta: { ownerReferences } }));
    api.add(replicaSets, aReplicaSet({ image: "web:2", meta: { ownerReferences, annotations } }));
    await cleanUp({ kube, clock: hastyClock, say: () => {}, patienceMs: 5_000 });
    const { spec } = await kube.get<Deployment>(deployments, key);
    expect(spec).to.deep.equal(aDeployment().spec);
  });

  for (const phase of ["canary", "undone"] as const)
    it(`records a proven version from which it goes back in phase ${phase} as undone, and tells no more of its canary`, async () => {
      const old = aDeployment({ image: phase === "canary" ? "web:2" : "web:1" });
      const spec = phase === "canary" ? hold(old.spec, "10%") : old.spec;
      const conditions = [
        { type: "Canary", status: "Unknown", reason: "Promoting", message: "proven at 50%" },
      ];
      const counts = { observedGeneration: 9, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
      const held = withHoldRecord({ ...old, spec }, aHeld({ phase }), old);
      api.add(deployments, { ...held, status: { ...counts, conditions } } as Deployment);
      const ownerReferences = [ownedByWeb];
      const labels = { [FLIGHT]: "uid-web" };
      const run = formatRun({
        started: AT_NOON,
        outcome: "proven",
        step: 1,
        stepSince: AT_NOON,
        stable: "web1",
        message: "proven at 50%",
      });
      api.add(
        replicaSets,
        aReplicaSet({ meta: { ownerReferences, labels: { ...aReplicaSet().metadata.labels, ...labels } } }),
      );
      const canary = aReplicaSet({
        image: "web:2",
        replicas: 0,
        meta: { ownerReferences, annotations: { [RUN]: run } },
      });
      Object.assign(canary.metadata.labels ?? {}, labels);
      api.add(replicaSets, canary);

      await cleanUp({ kube, clock: hastyClock, say: () => {}, patienceMs: 5_000 });

      const left = await kube.get<ReplicaSet>(replicaSets, { namespace: "shop", name: canary.metadata.name });
      const message = "undone: web1 serves, web-web2 is gone, by the clean-up command";
      expect(lastRunOf(left)).to.include({ outcome: "undone", message });
      expect(left.metadata.labels, phase)
        .to.include({ [VERDICT]: "undone" })
        .and.not.have.property(FLIGHT);
      const { status } = await kube.get<Deployment>(deployments, key);
      const told = status?.conditions?.find(({ type }) => type === "Canary");
      expect(told).to.include({ status: "False", reason: "Undone", message });
    });

  it("gives a Service the ports of a version in its native promotion, which continues", async () => {
    const old = aDeployment({ image: "web:2" });
    const status = { observedGeneration: 9, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
    api.add(deployments, { ...withHoldRecord(old, aHeld({ phase: "promoting" }), old), status });
    const service = aService({ ports: [{ port: 80, targetPort: 8080 }] });
    const isolated = merged(service, writeIsolation(service, "uid-web", "web1", AT_NOON));
    const asked = { ...service, spec: { ...service.spec, ports: [{ port: 80, targetPort: 9090 }] } };
    api.add(services, reisolate(asked, isolated));
    const said: string[] = [];
    await cleanUp({ kube, clock: hastyClock, say: (line) => void said.push(line), patienceMs: 5_000 });
    expect((await kube.get<Service>(services, key)).spec).to.deep.equal(asked.spec);
    expect(said).to.include(
      "Deployment shop/web runs its new version under its own fields: its promotion had begun",
    );
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

  const isolated = (name: string, since: string): Service => {
    const service = aService();
    const { metadata, spec } = isolationPatch(service, "uid-gone", "web1", since);
    const meta = { ...service.metadata, ...metadata, name, uid: `uid-${name}` };
    return { ...service, metadata: meta, spec: { ...service.spec, ...spec } } as Service;
  };
  const run = async (patienceMs: number) => {
    const said: string[] = [];
    const say = (sentence: string) => void said.push(sentence);
    const failure = await cleanUp({ kube, clock: hastyClock, say, patienceMs }).catch(messageOf);
    return { said, failure };
  };

  it("names a Service whose record it cannot read, and does not say that it has restored it", async () => {
    const service = isolated("damaged", AT_NOON);
    api.add(services, isolated("web", AT_NOON));
    api.add(services, { ...service, metadata: { ...service.metadata, annotations: { [HELD]: "spoiled" } } });
    const { said, failure } = await run(5_000);
    expect(said).to.deep.equal(["Service shop/web is as its owner wrote it, or gone if it was Serin's"]);
    expect(failure).to.match(/^Service shop\/damaged: .* is not a valid record; restore its spec/);
  });

  for (const replicas of [0, 3])
    it(`${replicas === 0 ? "restores" : "keeps"} a Service to a version with ${replicas} pods, while another Deployment has the orphaned canary`, async () => {
      api.add(services, isolated("web", AT_NOON));
      const canary = aReplicaSet({
        image: "web:2",
        meta: { ownerReferences: [{ ...ownedByWeb, uid: "uid-new" }] },
      });
      const begun = {
        started: AT_NOON,
        outcome: "running",
        step: 1,
        stepSince: AT_NOON,
        message: "",
      } as const;
      const marked = merged(canary, writeRunRecord(canary, "uid-gone", { ...begun, stable: "web1" }));
      api.add(replicaSets, { ...marked, spec: { ...marked.spec, minReadySeconds: MIN_READY_SECONDS } });
      api.add(replicaSets, aReplicaSet({ replicas }));
      const { failure } = await run(50);
      const { spec } = await kube.get<Service>(services, key);
      expect(spec.selector).to.deep.equal(
        replicas === 0 ? { app: "web" } : { app: "web", "pod-template-hash": "web1" },
      );
      if (replicas === 0) expect(failure).to.equal(undefined);
      else expect(failure).to.match(/^Service shop\/web: it is still isolated after/);
    });

  it("names a Service that still waits at its deadline", async () => {
    api.add(replicaSets, aReplicaSet());
    // A forged instant, or the clock of another API server.
    api.add(services, isolated("web", instant(Date.now() + 600_000)));
    const { said, failure } = await run(50);
    expect(said).to.deep.equal([]);
    expect(failure).to.equal("Service shop/web: it is still isolated after 0.05s; run the clean-up again");
  });
});
