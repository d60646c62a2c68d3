import { expect } from "chai";
import { Caches } from "../../../controller/reconcile/caches.ts";
import { Observer } from "../../../controller/reconcile/observe.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import type { Meta } from "../../../kube/core/meta.ts";
import {
  deployments,
  endpointSlices,
  httpRoutes,
  namespaces,
  referenceGrants,
  replicaSets,
  services,
} from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { LONGEST_DRAIN_MS } from "../../../rollout/admission/change.ts";
import { sweep } from "../../../rollout/cleanup/orphans.ts";
import { FLIGHT, HELD, RUN } from "../../../rollout/keys.ts";
import type { Snapshot } from "../../../rollout/stages/snapshot.ts";
import { leanRoute } from "../../../rollout/traffic/lean-route.ts";
import { hold } from "../../../rollout/workload/hold.ts";
import { holdRecordOf, withHoldRecord } from "../../../rollout/workload/hold-record.ts";
import { admitDeployments } from "../../../webhook/deployments.ts";
import { FakeApi } from "../../support/api.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aRoute, aService, NOON } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";

const VICTIM = "uid-web";
const labels = { [FLIGHT]: VICTIM };
const ownerReferences = [
  { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: VICTIM, controller: true },
];
const evil = (meta: Partial<Meta> = {}): Partial<Meta> => ({ namespace: "evil", labels, ...meta });
const record = (since: string) => {
  const share = { namespace: "shop", twins: { web: "web-canary" }, weight: 100, since };
  return JSON.stringify({ rules: {}, flights: { [VICTIM]: share } });
};
/** The attacker's route, which names the victim's Service and carries the mark of the victim's rollout. */
const forgedRoute = (since = AT_NOON): Route =>
  aRoute({
    kind: "HTTPRoute",
    backends: [{ name: "web", namespace: "shop", port: 80 }],
    meta: evil({ name: "trap", annotations: { [HELD]: record(since) } }),
  });

describe("an object that another tenant forges", () => {
  let api: FakeApi;
  let kube: Kube;
  let stop: AbortController;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    stop = new AbortController();
    const old = aDeployment();
    const held = withHoldRecord(
      { ...old, spec: hold(aDeployment({ image: "web:2" }).spec, "10%") },
      aHeld(),
      old,
    );
    api.add(deployments, held);
    for (const [image, hash] of [
      ["web:1", "web1"],
      ["web:2", "web2"],
    ] as const) {
      const { metadata, ...rest } = aReplicaSet({ image, hash });
      api.add(replicaSets, {
        ...rest,
        metadata: { ...metadata, ownerReferences, labels: { ...metadata.labels, ...labels } },
      });
    }
    api.add(services, aService());
  });
  afterEach(async () => {
    stop.abort();
    await kube.close();
    await api.stop();
  });

  async function see(): Promise<Snapshot | undefined> {
    const caches = new Caches({
      kube,
      clock: systemClock,
      log: noLog,
      signal: stop.signal,
    });
    await caches.synced();
    return new Observer({ kube, caches, clock: systemClock, log: noLog }).observe(VICTIM);
  }

  it("is not a ReplicaSet of the rollout, because an undo would put its template into the victim's Deployment", async () => {
    const { metadata, ...rest } = aReplicaSet({ image: "evil:1", hash: "web1", meta: { name: "web-evil" } });
    api.add(replicaSets, {
      ...rest,
      metadata: {
        ...metadata,
        ...evil(),
        name: "web-evil",
        ownerReferences,
        labels: { ...metadata.labels, ...labels },
      },
    });
    const seen = await see();
    expect(seen?.replicaSets.map((set) => set.metadata.namespace)).to.deep.equal(["shop", "shop"]);
  });

  it("is not a Service, a canary Service or a ready endpoint of the rollout", async () => {
    api.add(services, aService({ meta: evil({ name: "web-canary", ownerReferences }) }));
    api.add(services, aService({ meta: evil({ name: "other" }) }));
    api.add(endpointSlices, {
      metadata: {
        name: "s",
        namespace: "evil",
        labels: { ...labels, "kubernetes.io/service-name": "web-canary" },
      },
      ports: [{ name: "" }],
      endpoints: [{ addresses: ["10.9.9.9"], conditions: { ready: true } }],
    });
    const seen = await see();
    expect(seen?.services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).to.deep.equal([
      "shop/web",
    ]);
    expect([seen?.canaryServices, seen?.endpoints.get("web-canary")]).to.deep.equal([[], 0]);
  });

  it("is not a route of the rollout, unless a ReferenceGrant of the victim lets it name the Service", async () => {
    api.add(httpRoutes, forgedRoute());
    expect((await see())?.routes).to.deep.equal([]);
    const group = "gateway.networking.k8s.io";
    api.add(referenceGrants, {
      metadata: { name: "allow", namespace: "shop" },
      spec: { from: [{ group, kind: "HTTPRoute", namespace: "evil" }], to: [{ group: "", kind: "Service" }] },
    });
    expect((await see())?.routes.map(({ metadata }) => metadata.name)).to.deep.equal(["trap"]);
  });

  it("keeps no undo waiting", async () => {
    api.add(httpRoutes, forgedRoute("2999-01-01T00:00:00Z"));
    const from = hastyClock.now();
    api.add(namespaces, { metadata: { name: "shop" } });
    const held = api.store.get("apps/v1/deployments", "shop/web") as Deployment;
    const index = new RouteIndex({
      kube,
      reduce: leanRoute,
      clock: hastyClock,
      log: noLog,
      signal: stop.signal,
    });
    await index.synced;
    const admit = admitDeployments({
      kube,
      index,
      namespace: "serin",
      hookHosts: [],
      clock: hastyClock,
      log: noLog,
    });
    const object = { ...held, spec: { ...held.spec, template: aDeployment().spec.template } };
    const kind = { group: "apps", version: "v1", kind: "Deployment" };
    const answer = await admit({ uid: "u", kind, operation: "UPDATE", object, oldObject: held } as never);
    expect(answer.allowed && holdRecordOf(answer.object as Deployment)?.phase).to.equal("undone");
    // An undo that waited for it would wait as long as admission may.
    expect(hastyClock.now() - from).to.be.below(LONGEST_DRAIN_MS);
    const written = api.requests.filter(({ method, path }) => method !== "GET" && path.includes("trap"));
    expect(written).to.deep.equal([]);
  });
});

describe("nonsense under Serin's keys", () => {
  const texts = [
    ...["", "{", "null", "[]", "5", '"x"', "{}", '{"rules":5,"flights":5}', '{"selector":null,"since":"x"}'],
    '{"rules":{},"flights":{"u":null}}',
    '{"rules":{"0":null},"flights":{}}',
    '{"rules":{},"flights":{"u":{"namespace":"a","twins":{"web":5},"weight":"1","since":"2026"}}}',
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    `{"rules":{},"flights":{"__proto__":${JSON.stringify({ namespace: "a", twins: { __proto__: "x" }, weight: 1, since: AT_NOON })}}}`,
  ];
  for (const text of texts) {
    it(`does not keep others from a restore: ${text.slice(0, 60)}`, () => {
      const annotations = { [HELD]: text, [RUN]: text };
      const meta = { namespace: "evil", labels: { [FLIGHT]: "gone" }, annotations };
      const good = JSON.stringify({ selector: { app: "web" }, since: AT_NOON });
      const isolated = aService({
        selector: { app: "web", "pod-template-hash": "x" },
        meta: { labels: { [FLIGHT]: "gone-too" }, annotations: { [HELD]: good } },
      });
      const { metadata, ...set } = aReplicaSet();
      const { writes } = sweep({
        now: NOON + 60_000,
        inFlight: new Map(),
        services: [aService({ meta: { ...meta, name: "bad" } }), isolated],
        routes: [aRoute({ kind: "HTTPRoute", meta: { ...meta, name: "bad" } })],
        replicaSets: [{ ...set, metadata: { ...metadata, ...meta } }],
      });
      const given = writes.find((write) => write.verb === "merge" && write.namespace === "shop");
      expect(given).to.have.nested.property("body.spec.selector.app", "web");
      expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
    });
  }

  it("makes no sweep come round and round: an instant of next year is waited for ten seconds at most", () => {
    const text = JSON.stringify({ selector: { app: "web" }, since: "2999-01-01T00:00:00Z" });
    const meta = { labels: { [FLIGHT]: "gone" }, annotations: { [HELD]: text } };
    const decision = sweep({
      now: NOON,
      inFlight: new Map(),
      services: [aService({ meta })],
      routes: [],
      replicaSets: [],
    });
    expect(decision.writes).to.deep.equal([]);
    expect(decision.waitMs).to.be.within(1_000, 10_000);
  });
});
