import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import { pods } from "../../../../kube/core/resources.ts";
import { reflect } from "../../../../kube/runtime/reflector.ts";
import { Room } from "../../../../kube/runtime/room.ts";
import { Cache } from "../../../../kube/runtime/store.ts";
import { FakeApi } from "../../../support/api.ts";
import { hastyClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { noLog } from "../../../support/log.ts";

interface Fat extends KubeObject {
  readonly filler: number;
}

const room = { most: 100, sizeOf: ({ filler }: Fat) => filler };
const pod = (name: string, filler: number, more: object = {}): Fat => ({
  metadata: { name, namespace: "evil", labels: { flight: "1" }, ...more },
  filler,
});

for (const initial of ["list", "watch"] as const) {
  describe(`kube/rereader, of an initial ${initial}`, () => {
    let api: FakeApi;
    let kube: Kube;
    let stop: AbortController;
    beforeEach(async () => {
      api = await FakeApi.start();
      kube = api.connect();
      stop = new AbortController();
    });
    afterEach(async () => {
      stop.abort();
      await kube.close();
      await api.stop();
    });

    const start = async () => {
      const means = { kube, resource: pods, labelSelector: "flight", initial, signal: stop.signal, room };
      const copy = reflect<Fat>({ ...means, clock: hastyClock, log: noLog, onChange: () => {} });
      await copy.synced;
      await eventually("watching", () => api.watching === 1);
      return copy;
    };

    it("knows an object without room as soon as another one has left some", async () => {
      for (const name of ["a", "b"]) api.add(pods, pod(name, 60));
      const copy = await start();
      expect([...copy.incomplete()]).to.deep.equal(["evil"]);
      api.remove(pods, "evil/a");
      await eventually("all known", () => copy.incomplete().size === 0);
      expect(copy.list().map(({ metadata }) => metadata.name)).to.deep.equal(["b"]);
    });

    it("and as soon as another one is shorter, also after refused requests", async () => {
      for (const name of ["a", "b"]) api.add(pods, pod(name, 60));
      const copy = await start();
      let refusals = 2;
      api.faults.push(({ query }) =>
        query.has("fieldSelector") && refusals-- > 0 ? { status: 500 } : undefined,
      );
      api.change(pods, "evil/a", { filler: 30 });
      await eventually("all known", () => copy.incomplete().size === 0);
      expect(copy.list()).to.have.length(2);
      expect(refusals).to.be.below(1);
    });

    it("reads nothing while there is no room", async () => {
      for (const name of ["a", "b"]) api.add(pods, pod(name, 60));
      const copy = await start();
      for (let i = 0; i < 5; i += 1) api.change(pods, "evil/a", { filler: 61 + i });
      await eventually("seen", () => copy.get("evil/a")?.filler === 65);
      expect(api.requests.filter(({ query }) => query.has("fieldSelector"))).to.deep.equal([]);
    });
  });
}

describe("kube/rereader, of an object that changed meanwhile", () => {
  const at = (version: number, filler = 60) => pod("b", filler, { resourceVersion: String(version) });
  const cacheWithout = (version: number) => {
    const cache = new Cache<Fat>(() => {}, {}, new Room(room, () => {}));
    cache.observe(pod("a", 60, { resourceVersion: "1" }), true);
    cache.observe(at(version), true);
    expect(cache.fitting()).to.deep.equal([]);
    cache.observe(pod("a", 60, { resourceVersion: "9" }), false);
    expect(cache.fitting()).to.deep.equal(["evil/b"]);
    return cache;
  };

  it("does not bring back what is gone", () => {
    const cache = cacheWithout(2);
    cache.observe(at(10), false);
    cache.readAgain(at(2));
    expect(cache.list()).to.deep.equal([]);
  });

  it("does not go back to a version that the watch has passed", () => {
    const cache = cacheWithout(8);
    cache.readAgain(at(2));
    expect(cache.get("evil/b")).to.equal(undefined);
    cache.readAgain(at(8));
    cache.readAgain(at(2));
    expect(cache.get("evil/b")?.metadata.resourceVersion).to.equal("8");
  });
});
