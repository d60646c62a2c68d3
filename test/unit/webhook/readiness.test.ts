import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import { httpRoutes } from "../../../kube/core/resources.ts";
import { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { leanRoute } from "../../../rollout/traffic/lean-route.ts";
import { Readiness } from "../../../webhook/readiness.ts";
import { FakeApi } from "../../support/api.ts";
import { aRoute } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { noLog, rememberingLog } from "../../support/log.ts";

describe("webhook/readiness", () => {
  let api: FakeApi;
  let kube: Kube;
  let stop: AbortController;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    stop = new AbortController();
    api.add(httpRoutes, aRoute({ kind: "HTTPRoute" }));
  });
  afterEach(async () => {
    stop.abort();
    await kube.close();
    await api.stop();
  });

  const follow = () =>
    new RouteIndex({ kube, reduce: leanRoute, clock: hastyClock, log: noLog, signal: stop.signal });
  const served = (index: RouteIndex, log = rememberingLog()) =>
    Object.assign(new Readiness(index, log), { isListening: true, isReached: true });

  for (const kind of ["httproutes", "grpcroutes"]) {
    it(`is not ready while it may not list the ${kind}, however often it tries, and then at once`, async () => {
      let isRefused = true;
      const refused = () =>
        api.requests.filter(({ path, query }) => path.endsWith(kind) && !query.has("watch")).length;
      api.faults.push(({ path }) => (isRefused && path.endsWith(kind) ? { status: 403 } : undefined));
      const index = follow();
      const log = rememberingLog();
      const readiness = served(index, log);
      await eventually("tried again", () => refused() > 3);
      expect(readiness.isReady()).to.equal(false);
      isRefused = false;
      await index.synced;
      expect(readiness.isReady()).to.equal(true);
      expect(index.of("shop")).to.have.length(1);
      expect(log.lines).to.deep.equal(["info: all routes read"]);
    });
  }

  it("needs the listening port and the configuration as well", async () => {
    const index = follow();
    const readiness = served(index);
    await index.synced;
    for (const part of ["isListening", "isReached"] as const) {
      readiness[part] = false;
      expect(readiness.isReady()).to.equal(false);
      readiness[part] = true;
      expect(readiness.isReady()).to.equal(true);
    }
  });

  it("is never ready when the process stops before the index is complete", async () => {
    api.faults.push(({ path }) => (path.endsWith("httproutes") ? "hang" : undefined));
    const index = follow();
    const readiness = served(index);
    stop.abort();
    await index.synced.catch(() => {});
    expect(readiness.isReady()).to.equal(false);
  });

  it("stays ready, and keeps its routes, while the watch is broken", async () => {
    const index = follow();
    const readiness = served(index);
    await index.synced;
    await eventually("both kinds followed", () => api.watching === 2);
    api.faults.push(({ query }) => (query.has("watch") ? { status: 500 } : undefined));
    api.endWatches("reset");
    await eventually("tried again", () => api.requests.filter(({ query }) => query.has("watch")).length > 4);
    expect(readiness.isReady()).to.equal(true);
    expect(index.of("shop")).to.have.length(1);
  });
});
