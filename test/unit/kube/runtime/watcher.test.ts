import { getEventListeners } from "node:events";
import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import type { Clock } from "../../../../kube/core/clock.ts";
import { pods } from "../../../../kube/core/resources.ts";
import { reflect } from "../../../../kube/runtime/reflector.ts";
import { follow } from "../../../../kube/runtime/watcher.ts";
import { FakeApi, type Fault } from "../../../support/api.ts";
import { eventually } from "../../../support/eventually.ts";
import { noLog } from "../../../support/log.ts";

/** Time passes in sleeps alone. */
class Passing implements Clock {
  time = 0;
  now(): number {
    return this.time;
  }
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    signal?.throwIfAborted();
    this.time += ms;
  }
}

const gone = { kind: "Status", code: 410, reason: "Expired" };

for (const initial of ["list", "watch"] as const) {
  describe(`kube/follow in trouble, initial ${initial}`, () => {
    let api: FakeApi;
    let kube: Kube;
    let stop: AbortController;
    let clock: Passing;
    beforeEach(async () => {
      api = await FakeApi.start();
      kube = api.connect();
      [stop, clock] = [new AbortController(), new Passing()];
      api.add(pods, { metadata: { name: "a", namespace: "shop" } });
    });
    afterEach(async () => {
      stop.abort();
      await kube.close();
      await api.stop();
    });
    const start = () =>
      reflect({ kube, resource: pods, initial, signal: stop.signal, clock, log: noLog, onChange() {} });

    for (const how of ["HTTP 410", "410 in the stream"] as const) {
      it(`does not list in a busy loop when every watch ends with ${how}`, async () => {
        api.faults.push(({ query }): Fault | undefined =>
          how === "HTTP 410" && query.has("resourceVersion") ? { status: 410 } : undefined,
        );
        const ending = setInterval(() => {
          if (how === "HTTP 410") api.endWatches("end");
          else {
            api.sendEvent("ERROR", gone);
            api.endWatches("end");
          }
        }, 2);
        try {
          await start().synced;
          await eventually("two minutes", () => clock.time > 120_000);
        } finally {
          clearInterval(ending);
        }
        const lists = api.requests.filter(({ query }) => !query.has("resourceVersion"));
        expect(lists.length, `lists in ${clock.time} ms`).to.be.below(40);
      });
    }

    it("hears of changes again if its version is one that a restored etcd gets to much later", async () => {
      const brief = api.connect({ silenceMs: 100 });
      const seen = reflect({
        ...{ kube: brief, resource: pods, initial, signal: stop.signal, clock, log: noLog },
        onChange() {},
      });
      await seen.synced;
      await eventually("watching", () => api.watching === 1);
      // Neither a refused connection nor a failed attempt shows the restore, as behind a proxy.
      api.store.version = 10;
      api.store.changes.length = 0;
      api.endWatches("end");
      await eventually("watching again", () => api.watching === 1);
      api.change(pods, "shop/a", { spec: { x: 1 } });
      await eventually("heard", () => seen.get("shop/a")?.spec);
      await brief.close();
    });

    it("leaves nothing behind on its signal, however often a watch ends", async () => {
      const seen = start();
      await seen.synced;
      await eventually("watching", () => api.watching === 1);
      const before = getEventListeners(stop.signal, "abort").length;
      for (let i = 0; i < 60; i++) {
        const asked = api.requests.length;
        api.endWatches(i % 3 === 0 ? "reset" : "end");
        await eventually("another", () => api.watching === 1 && api.requests.length > asked);
      }
      expect(getEventListeners(stop.signal, "abort").length).to.be.at.most(before + 1);
    });
  });
}

describe("kube/follow, initial watch", () => {
  const event = (type: string, name: string, resourceVersion: string, annotations = {}) => ({
    type,
    object: { metadata: { name, namespace: "shop", resourceVersion, annotations } },
  });
  const end = event("BOOKMARK", "", "120", { "k8s.io/initial-events-end": "true" });

  it("reports objects as they are at the bookmark, if some change before it", async () => {
    const stop = new AbortController();
    const events = [
      event("ADDED", "a", "80"),
      event("ADDED", "b", "81"),
      event("MODIFIED", "a", "100"),
      event("DELETED", "b", "101"),
      end,
    ];
    const lists: string[][] = [];
    await follow({
      ...{ resource: pods, initial: "watch", signal: stop.signal, clock: new Passing(), log: noLog },
      kube: {
        watch: async function* () {
          yield* events;
          stop.abort();
        },
      } as never,
      pick: (object) => object,
      roomOfList: () => () => true,
      onList: (objects) =>
        lists.push(objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)),
      onEvent() {},
    });
    expect(lists).to.deep.equal([["a 100"]]);
  });

  it("gives the room of an object that is deleted before the bookmark to others, and lacks none", async () => {
    const stop = new AbortController();
    const events = [
      ...["80", "81"].map((version) => event("ADDED", `a${version}`, version)),
      event("DELETED", "a81", "100"),
      event("DELETED", "a80", "101"),
      event("ADDED", "b", "102"),
      end,
    ];
    const copy = reflect({
      ...{ resource: pods, initial: "watch", signal: stop.signal, clock: new Passing(), log: noLog },
      kube: {
        watch: async function* () {
          yield* events;
          stop.abort();
        },
      } as never,
      room: { most: 1, sizeOf: () => 1 },
      onChange() {},
    });
    await copy.synced;
    expect(copy.list().map(({ metadata }) => metadata.name)).to.deep.equal(["b"]);
    expect([...copy.incomplete()]).to.deep.equal([]);
  });
});
