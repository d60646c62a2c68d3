import { expect } from "chai";
import { Caches } from "../../../../controller/reconcile/caches.ts";
import type { Change } from "../../../../controller/reconcile/marks.ts";
import { Observer } from "../../../../controller/reconcile/observe.ts";
import { Orphans } from "../../../../controller/reconcile/orphans.ts";
import type { Kube, WatchEvent, Where } from "../../../../kube/client/api.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import type { Resource } from "../../../../kube/core/resources.ts";
import { Cache } from "../../../../kube/runtime/store.ts";
import { FLIGHT, HASH_LABEL, HELD } from "../../../../rollout/keys.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  aTemplate,
} from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";
import { merge } from "../../../support/patch.ts";
import { applied } from "../../../support/routes.ts";

const ROLLOUTS = 1_000;

/** Everything of one rollout, by plural: a Deployment, two ReplicaSets, a Service and its canary Service, slices, a route. */
function rolloutOf(name: string): Record<string, KubeObject[]> {
  const uid = `uid-${name}`;
  const labels = { [FLIGHT]: uid };
  const annotations = { [HELD]: JSON.stringify(aHeld()) };
  const template = aTemplate("web:2", name);
  const deployment = aDeployment({ template, annotations, meta: { name, uid, labels } });
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true }];
  const replicaset = (image: string) => {
    const { metadata, spec } = aReplicaSet({ image });
    const hash = metadata.labels?.[HASH_LABEL] ?? "";
    const pods = { app: name, [HASH_LABEL]: hash };
    const meta = { ...metadata, name: `${name}-${hash}`, ownerReferences, labels: { ...pods, ...labels } };
    return {
      metadata: meta,
      spec: { ...spec, template: { ...aTemplate(image, name), metadata: { labels: pods } } },
    };
  };
  const service = aService({ selector: { app: name }, meta: { name } });
  const canaryService = canaryServiceOf(service, deployment, "web2");
  const slice = (of: string) => ({
    metadata: { name: of, namespace: "shop", labels: { ...labels, "kubernetes.io/service-name": of } },
  });
  const shares = {
    [uid]: { namespace: "shop", canaryServices: { [name]: `${name}-canary` }, weight: 10, since: AT_NOON },
  };
  const route = aRoute({ kind: "HTTPRoute", backends: [{ name, port: 80 }], meta: { name } });
  return {
    deployments: [deployment],
    replicasets: ["web:1", "web:2"].map(replicaset),
    services: [merge(service, isolationPatch(service, uid, "web1", AT_NOON)) as KubeObject, canaryService],
    endpointslices: [slice(name), slice(canaryService.metadata.name)],
    httproutes: [applied(route, shares)],
  };
}

/** An API server that lists these objects; `tell` sends an event to a watch. */
function serverOf(objects: ReadonlyMap<string, KubeObject[]>) {
  const tell = new Map<string, (event: WatchEvent<KubeObject>) => void>();
  const kube = {
    list: async (
      { plural }: Resource,
      _where: object,
      _query: object,
      pick = (object: KubeObject) => object,
    ) => ({
      items: (objects.get(plural) ?? []).map(pick),
      resourceVersion: "1",
    }),
    get: async ({ plural }: Resource, { name }: Where) =>
      objects.get(plural)?.find(({ metadata }) => metadata.name === name),
    async *watch({ plural }: Resource, _where: object, query: { sendInitialEvents?: string }) {
      if (query.sendInitialEvents) {
        const annotations = { "k8s.io/initial-events-end": "true" };
        yield { type: "BOOKMARK", object: { metadata: { name: "", resourceVersion: "1", annotations } } };
      }
      for (;;) yield await new Promise((resolve) => tell.set(plural, resolve));
    },
  };
  return { kube: kube as unknown as Kube, tell };
}

describe("the caches of a thousand rollouts in one namespace", () => {
  const { list, by } = Cache.prototype;
  let visited: number;
  let told: Change[];
  let server: ReturnType<typeof serverOf>;
  let caches: Caches;
  const stop = new AbortController();

  before(async () => {
    const objects = new Map<string, KubeObject[]>();
    for (let i = 0; i < ROLLOUTS; i += 1) {
      for (const [plural, some] of Object.entries(rolloutOf(`web-${i}`)))
        objects.set(plural, [...(objects.get(plural) ?? []), ...some]);
    }
    server = serverOf(objects);
    // Whatever is looked at was handed out by a store.
    Cache.prototype.list = function () {
      const found = list.call(this);
      visited += found.length;
      return found;
    };
    Cache.prototype.by = function (...asked) {
      const found = by.apply(this, asked);
      visited += found.length;
      return found;
    };
    caches = new Caches({ kube: server.kube, clock: new FakeClock(), log: noLog, signal: stop.signal });
    await caches.synced();
    caches.listen((change) => void told.push(change));
  });
  beforeEach(() => {
    [visited, told] = [0, []];
  });
  after(() => {
    stop.abort();
    Object.assign(Cache.prototype, { list, by });
  });

  const needs = () => {
    const [kube, clock] = [server.kube, new FakeClock()];
    return { kube, clock, caches, observer: new Observer({ kube, caches, clock, log: noLog }), log: noLog };
  };

  it("hand out a dozen objects for a pass, those of its rollout", async () => {
    const { observer } = needs();
    await observer.observe("uid-web-500");
    visited = 0;
    const snapshot = await observer.observe("uid-web-500");
    expect(snapshot?.replicaSets).to.have.length(2);
    expect([snapshot?.services.length, snapshot?.canaryServices.length]).to.deep.equal([1, 1]);
    expect(snapshot?.routes.map(({ metadata }) => metadata.name)).to.deep.equal(["web-500"]);
    expect([...(snapshot?.endpoints.keys() ?? [])]).to.deep.equal(["web-500-canary"]);
    expect(visited).to.be.within(8, 12);
  });

  it("hand out one object at an event, the Deployment", async () => {
    const orphans = new Orphans({ ...needs(), look: () => {} });
    const [deployment] = rolloutOf("web-500").deployments ?? [];
    const metadata = { ...deployment?.metadata, name: "web-500", resourceVersion: "2" };
    server.tell.get("deployments")?.({ type: "MODIFIED", object: { ...deployment, metadata } });
    await new Promise(setImmediate);
    expect(told.map(({ uid }) => uid)).to.deep.equal(["uid-web-500"]);
    for (const change of told) orphans.note(change);
    expect(visited).to.equal(1);
  });
});
