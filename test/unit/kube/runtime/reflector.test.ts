import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import { deployments, pods } from "../../../../kube/core/resources.ts";
import { type Reflection, type ReflectOptions, reflect } from "../../../../kube/runtime/reflector.ts";
import { FakeApi, type Fault, type ReceivedRequest } from "../../../support/api.ts";
import { hastyClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { rememberingLog } from "../../../support/log.ts";

const label = { flight: "1" };
const pod = (name: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", labels: label, managedFields: [], ...more },
});

for (const initial of ["list", "watch"] as const) {
  describe(`kube/reflect, initial ${initial}`, () => {
    let api: FakeApi;
    let kube: Kube;
    let stop: AbortController;
    let told: string[];

    beforeEach(async () => {
      api = await FakeApi.start();
      kube = api.connect();
      stop = new AbortController();
      told = [];
    });
    afterEach(async () => {
      stop.abort();
      await kube.close();
      await api.stop();
    });

    const start = (more: Partial<ReflectOptions<KubeObject>> = {}): Reflection<KubeObject> =>
      reflect<KubeObject>({
        kube,
        resource: pods,
        labelSelector: "flight",
        initial,
        signal: stop.signal,
        clock: hastyClock,
        log: rememberingLog(),
        onChange: (key, now, before) => told.push(`${before ? (now ? "~" : "-") : "+"}${key}`),
        ...more,
      });
    const watching = () => eventually("watching", () => api.watching === 1);

    it("keeps what is there and follows what changes", async () => {
      api.add(pods, pod("a"));
      api.add(pods, pod("other", { labels: {} }));
      const seen = start();
      await seen.synced;
      await watching();
      api.add(pods, pod("b"));
      api.change(pods, "shop/a", { spec: { x: 1 } });
      api.remove(pods, "shop/b");
      api.change(pods, "shop/a", { metadata: { labels: { flight: null } } });
      await eventually("told", () => told.length === 5);
      expect(told).to.deep.equal(["+shop/a", "+shop/b", "~shop/a", "-shop/b", "-shop/a"]);
      expect(seen.list()).to.deep.equal([]);
    });

    it("drops managedFields", async () => {
      api.add(pods, pod("a"));
      const seen = start();
      await seen.synced;
      expect(seen.get("shop/a")?.metadata).to.not.have.property("managedFields");
    });

    it("continues at its version after a clean end, a reset and refusals", async () => {
      api.add(pods, pod("a"));
      const seen = start();
      await seen.synced;
      let faults = 0;
      const fault: Fault[] = [{ status: 503 }, { status: 429, headers: { "retry-after": "1" } }, "reset"];
      api.faults.push(({ query }) => (query.has("watch") ? fault[--faults] : undefined));
      for (const how of ["end", "reset", "end"] as const) {
        await watching();
        faults = how === "reset" ? fault.length : 0;
        api.endWatches(how);
        api.add(pods, pod(how + told.length));
        const expected = told.length + 1;
        await eventually(`told after ${how}`, () => told.length === expected);
      }
      expect(seen.list()).to.have.length(4);
      expect(api.requests.filter(isInitial)).to.have.length(1);
    });

    const away: [string, Fault, number][] = [
      ["three attempts in a row that open no watch", { status: 503 }, 3],
      [
        "a version that the API server does not have",
        { status: 504, message: "Too large resource version: 9, current: 7" },
        1,
      ],
    ];
    for (const [what, fault, times] of away) {
      it(`lists again after ${what}, as after a restore of etcd`, async () => {
        api.add(pods, pod("a"));
        const seen = start();
        await seen.synced;
        await watching();
        let faults = times;
        api.faults.push(({ query }) => (query.has("watch") && faults-- > 0 ? fault : undefined));
        api.endWatches("reset");
        await eventually("read anew", () => api.requests.filter(isInitial).length > 1 && faults <= 0);
        await watching();
        api.add(pods, pod("b"));
        await eventually("told", () => seen.get("shop/b"));
      });
    }

    it("lists again after 410, and reports deletions and changes only", async () => {
      for (const name of ["same", "changed", "gone"]) api.add(pods, pod(name));
      const seen = start();
      await seen.synced;
      await watching();
      told.length = 0;
      api.endWatches("end");
      api.remove(pods, "shop/gone");
      api.change(pods, "shop/changed", { spec: { x: 1 } });
      api.add(pods, pod("new"));
      api.compact();
      await eventually("told", () => told.length === 3);
      expect(told.sort()).to.deep.equal(["+shop/new", "-shop/gone", "~shop/changed"]);
    });

    it("survives a 410 in the middle of a watch", async () => {
      const seen = start();
      await seen.synced;
      await watching();
      api.sendEvent("ERROR", { kind: "Status", code: 410, reason: "Expired" });
      await eventually("read anew", () => api.requests.filter(isInitial).length === 2);
      await watching();
      api.add(pods, pod("a"));
      await eventually("told", () => seen.get("shop/a"));
    });

    it("does not give up before the first success", async () => {
      let faults = 8;
      api.faults.push(() => (faults-- > 0 ? { status: 500 } : undefined));
      await start().synced;
      expect(faults).to.be.below(1);
    });

    it("logs an error of the listener and continues", async () => {
      const log = rememberingLog();
      const seen = start({
        log,
        onChange: () => {
          throw new Error("mine");
        },
      });
      await seen.synced;
      await watching();
      api.add(pods, pod("a"));
      api.add(pods, pod("b"));
      await eventually("both", () => seen.list().length === 2);
      expect(log.lines.filter((line) => line === "error: listener failed")).to.have.length(2);
    });

    it("contains an own write at once, and reports it once", async () => {
      api.add(pods, pod("a"));
      const seen = start();
      await seen.synced;
      await watching();
      const written = await kube.mergePatch<KubeObject>(
        pods,
        { namespace: "shop", name: "a" },
        { spec: { x: 1 } },
      );
      seen.apply(written);
      expect(seen.get("shop/a")?.spec).to.deep.equal({ x: 1 });
      api.add(pods, pod("b"));
      await eventually("b", () => seen.get("shop/b"));
      expect(told).to.deep.equal(["+shop/a", "~shop/a", "+shop/b"]);
    });

    it("never goes back, nor brings back what is gone, by an own write that comes late", async () => {
      const first = api.add(pods, pod("a"));
      const seen = start();
      await seen.synced;
      await watching();
      const second = api.change(pods, "shop/a", { spec: { x: 2 } });
      await eventually("second", () => seen.get("shop/a")?.spec);
      seen.apply(first);
      expect(seen.get("shop/a")?.spec).to.deep.equal({ x: 2 });
      api.remove(pods, "shop/a");
      await eventually("gone", () => !seen.get("shop/a"));
      seen.apply(second);
      expect(seen.get("shop/a")).to.equal(undefined);
    });

    it("drops an object that an own write takes out of the selection, for good", async () => {
      api.add(pods, pod("a"));
      const seen = start();
      await seen.synced;
      await watching();
      seen.apply(api.change(pods, "shop/a", { metadata: { labels: { flight: null } } }) as KubeObject);
      expect(seen.get("shop/a")).to.equal(undefined);
      api.add(pods, pod("b"));
      await eventually("b", () => seen.get("shop/b"));
      expect(told).to.deep.equal(["+shop/a", "-shop/a", "+shop/b"]);
    });

    it("starts from nothing after the cluster was restored from a backup", async () => {
      api.add(pods, pod("a"));
      let restores = 0;
      const seen = start({ onRestored: () => (restores += 1) });
      await seen.synced;
      await watching();
      expect(restores).to.equal(0);
      api.store.version = 10;
      api.store.changes.length = 0;
      api.change(pods, "shop/a", { spec: { x: 1 } });
      api.sendEvent("ERROR", { kind: "Status", code: 410, reason: "Expired" });
      await eventually("restored", () => seen.get("shop/a")?.metadata.resourceVersion === "11");
      expect(restores).to.equal(1);
    });

    it("is never complete when it was to end before it began, and says so", async () => {
      stop.abort(new Error("ended"));
      const outcome = await Promise.race([
        start().synced.catch((error: Error) => error.message),
        delay(500).then(() => "still waiting"),
      ]);
      expect(outcome).to.equal("ended");
    });

    it("stops at once, with one rejection of synced and nothing open", async () => {
      api.faults.push(() => ({ status: 500 }));
      const seen = start();
      stop.abort(new Error("enough"));
      const error = await seen.synced.catch((reason: Error) => reason.message);
      expect(error).to.equal("enough");
      expect(api.watching).to.equal(0);
    });
  });
}

const isInitial = ({ query }: ReceivedRequest) => !query.has("watch") || query.has("sendInitialEvents");

describe("kube/reflect", () => {
  it("lists where the server knows no WatchList", async () => {
    const api = await FakeApi.start();
    api.watchList = false;
    api.add(deployments, { metadata: { name: "web", namespace: "shop" } });
    const kube = api.connect();
    const stop = new AbortController();
    const fieldSelector = "metadata.name=web";
    const seen = reflect({
      kube,
      resource: deployments,
      fieldSelector,
      initial: "watch",
      signal: stop.signal,
      clock: hastyClock,
      log: rememberingLog(),
      onChange() {},
    });
    await seen.synced;
    expect(seen.list()).to.have.length(1);
    stop.abort();
    await kube.close();
    await api.stop();
  });

  it("uses one request for a small set", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const stop = new AbortController();
    const options = {
      kube,
      resource: deployments,
      signal: stop.signal,
      clock: hastyClock,
      log: rememberingLog(),
    };
    await reflect({ ...options, initial: "watch", onChange() {} }).synced;
    expect(api.requests).to.have.length(1);
    stop.abort();
    await kube.close();
    await api.stop();
  });
});
