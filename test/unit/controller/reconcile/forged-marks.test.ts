import { expect } from "chai";
import { Caches } from "../../../../controller/reconcile/caches.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import type { Resource } from "../../../../kube/core/resources.ts";
import { FLIGHT } from "../../../../rollout/keys.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";

const UID = "uid-web";
const filler = "x".repeat(255_000);
const marked = (name: string, namespace: string, more = {}): KubeObject => ({
  metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: "1", labels: { [FLIGHT]: UID }, ...more },
});

/** An API server with an object of a rollout in `shop`, and with many long ones of a stranger, of every kind. */
function crowded(listed: number[]): Kube {
  const objects = Array.from({ length: 200 }, (_, i) =>
    marked(`fat-${i}`, "evil", { annotations: { filler } }),
  );
  objects.push(marked("web", "shop"));
  return {
    list: async (
      resource: Resource,
      _where: object,
      _query: object,
      pick = (object: KubeObject) => object,
    ) => {
      const items = objects.map((object) =>
        pick({ ...object, kind: resource.plural, spec: {} } as KubeObject),
      );
      listed.push(lengthOf(items));
      return { items, resourceVersion: "1" };
    },
    async *watch(_resource: Resource, _where: object, _query: object, signal: AbortSignal) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield* [];
    },
  } as unknown as Kube;
}

const lengthOf = (objects: readonly object[]) => JSON.stringify(objects).length;

describe("controller/caches, with a tenant's long objects that carry the mark", () => {
  it("keep a bounded part of them, and all of another namespace", async () => {
    const stop = new AbortController();
    const log = { ...noLog, warn: (fields: object) => void warned.push(fields) };
    const warned: object[] = [];
    const listed: number[] = [];
    const caches = new Caches({ kube: crowded(listed), clock: new FakeClock(), log, signal: stop.signal });
    await caches.synced();
    expect(Math.max(...listed), "held until the end of a list").to.be.below(8.2 * 1024 * 1024);
    const { deployments, replicaSets, services, endpointSlices } = caches;
    for (const copy of [deployments, replicaSets, services, endpointSlices]) {
      expect(lengthOf(copy.list())).to.be.below(8.2 * 1024 * 1024);
      expect(copy.get("shop/web")).not.to.equal(undefined);
    }
    expect(lengthOf(endpointSlices.list())).to.be.below(100_000);
    expect(lengthOf(replicaSets.list())).to.be.below(100_000);
    expect(lengthOf(caches.routes.of("evil"))).to.be.below(120_000);
    expect(caches.routes.of("shop")).to.have.length(2);
    const most = 8 * 1024 * 1024;
    expect(warned).to.deep.equal([{ resource: "deployments", namespace: "evil", most }]);
    expect([...deployments.incomplete()]).to.deep.equal(["evil"]);
    // Both count without annotations that Serin does not read.
    for (const copy of [services, replicaSets]) expect(copy.incomplete().size).to.equal(0);
    stop.abort();
  });
});
