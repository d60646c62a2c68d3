import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { runController } from "../../../controller/controller.ts";
import { Observer } from "../../../controller/reconcile/observe.ts";
import { RouteTurns } from "../../../controller/reconcile/route-turns.ts";
import type { Kube } from "../../../kube/client/api.ts";
import type { KubeObject } from "../../../kube/core/meta.ts";
import {
  deployments,
  endpointSlices,
  httpRoutes,
  type Resource,
  replicaSets,
  services,
} from "../../../kube/core/resources.ts";
import { FLIGHT, HELD } from "../../../rollout/keys.ts";
import { FakeApi } from "../../support/api.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aRoute, aService } from "../../support/builders.ts";
import { FakeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { noLog } from "../../support/log.ts";
import { aTelemetry } from "../../support/telemetry.ts";

const VICTIM = "uid-web";
const VICTIMS = 20;
const EVENTS = 50;

/** The controller asks only the API server. */
const alone = {
  prometheus: { over: async () => new Map(), scrapes: async () => undefined } as never,
  gates: async () => ({}),
  namespace: "serin-system",
  hookHosts: [],
  log: noLog,
};

describe("marks that a tenant writes on objects of their own, all the time", () => {
  const { observe } = Observer.prototype;
  const { take } = RouteTurns.prototype;
  let api: FakeApi;
  let kube: Kube;
  let stop: AbortController;
  let running: Promise<void>;
  let observed: string[];
  let swept: string[];
  let clock: FakeClock;

  beforeEach(async () => {
    [observed, swept, clock] = [[], [], new FakeClock()];
    Observer.prototype.observe = function (uid) {
      observed.push(uid);
      return observe.call(this, uid);
    };
    RouteTurns.prototype.take = function (namespace, routes) {
      swept.push(namespace);
      return take.call(this, namespace, routes);
    };
    api = await FakeApi.start();
    kube = api.connect();
    stop = new AbortController();
    for (let i = 0; i < VICTIMS; i += 1) rollout(i === 0 ? VICTIM : `uid-${i}`, `shop-${i}`);
    running = runController({ ...alone, kube, clock, telemetry: aTelemetry(), onWork() {} }, stop.signal);
    await eventually("all looked at", () => new Set(observed).size === VICTIMS);
    await quiet();
  });
  afterEach(async () => {
    Observer.prototype.observe = observe;
    RouteTurns.prototype.take = take;
    stop.abort();
    await running;
    await kube.close();
    await api.stop();
  });

  /** Returns when Serin has done all that it does at this time. */
  async function quiet(): Promise<void> {
    for (let last = -1; last !== observed.length + api.requests.length; await delay(50)) {
      last = observed.length + api.requests.length;
      await delay(50);
      await clock.advance(1_000);
    }
  }

  /** A failed version: Serin has nothing to do until its user acts. */
  function rollout(uid: string, namespace: string): void {
    const labels = { [FLIGHT]: uid };
    const annotations = { [HELD]: JSON.stringify(aHeld({ phase: "failed" })) };
    const ownerReferences = [
      { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid, controller: true },
    ];
    api.add(
      deployments,
      aDeployment({ image: "web:2", annotations, meta: { namespace, uid, labels, generation: 2 } }),
    );
    for (const image of ["web:1", "web:2"]) {
      const { metadata, ...set } = aReplicaSet({ image });
      const marked = { ...metadata, namespace, ownerReferences, labels: { ...metadata.labels, ...labels } };
      api.add(replicaSets, { metadata: marked, ...set });
    }
  }

  const meta = (uid: string) => ({ name: "trap", namespace: "evil", labels: { [FLIGHT]: uid } });
  const route = (uid: string) => {
    const share = { namespace: "shop-0", canaryServices: { web: "web-canary" }, weight: 100, since: AT_NOON };
    const annotations = { [HELD]: JSON.stringify({ rules: {}, shares: { [uid]: share } }) };
    const backends = [{ name: "web", namespace: "shop-0", port: 80 }];
    return aRoute({ kind: "HTTPRoute", backends, meta: { ...meta(uid), annotations } });
  };
  const kinds: readonly (readonly [Resource, (uid: string) => KubeObject])[] = [
    [replicaSets, (uid) => ({ ...aReplicaSet({ image: "evil:1" }), metadata: meta(uid) })],
    [services, (uid) => aService({ meta: meta(uid) })],
    [endpointSlices, (uid) => ({ metadata: meta(uid), endpoints: [] })],
    [httpRoutes, route],
    [deployments, (uid) => aDeployment({ meta: { ...meta(uid), uid: "uid-evil" } })],
  ];

  for (const [resource, forged] of kinds) {
    for (const uid of [VICTIM, "uid-invented"]) {
      it(`cost others no decision and no list: ${resource.plural} for ${uid}`, async () => {
        [observed, swept] = [[], []];
        const from = clock.now();
        const before = api.requests.length;
        api.add(resource, forged(uid));
        for (let i = 0; i < EVENTS; i += 1) {
          // The mark comes back after each restore.
          const { labels, annotations = {} } = forged(uid).metadata;
          api.change(resource, "evil/trap", {
            metadata: { labels, annotations: { ...annotations, i: `${i}` } },
          });
          await clock.advance(100);
        }
        await quiet();
        const seconds = (clock.now() - from) / 1_000;
        expect(observed.filter((one) => one !== "uid-evil")).to.deep.equal([]);
        expect(swept.filter((namespace) => namespace !== "evil")).to.deep.equal([]);
        expect(swept.length, "sweeps of their namespace").to.be.at.most(2 * seconds + 1);
        const read = api.requests
          .slice(before)
          .filter(({ method, query }) => method === "GET" && !query.has("watch"));
        expect(read.map(({ path }) => path)).to.deep.equal([]);
      });
    }
  }
});
