import { inspect } from "node:util";
import { expect } from "chai";
import { issueAuthority } from "../../../../certs/issue.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import {
  ApiError,
  ConnectionError,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isInvalid,
  isNotFound,
} from "../../../../kube/client/errors.ts";
import { deployments, httpRoutes, namespaces, pods, services } from "../../../../kube/core/resources.ts";
import { FakeApi } from "../../../support/api.ts";
import { eventually } from "../../../support/eventually.ts";
import { rememberingLog } from "../../../support/log.ts";

const web = { namespace: "shop", name: "web" };

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error) => error,
  );
}

for (const protocol of ["HTTP/1.1", "HTTP/2"]) {
  describe(`kube/rest over ${protocol}`, () => {
    let api: FakeApi;
    let kube: Kube;

    beforeEach(async () => {
      api = await FakeApi.start({ http1: protocol === "HTTP/1.1" });
      kube = api.connect();
    });
    afterEach(async () => {
      await kube.close();
      await api.stop();
    });

    const addWeb = (more: object = {}) =>
      api.add(deployments, {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { ...web, creationTimestamp: "2026-01-01T00:00:00Z" },
        spec: { replicas: 1, futureField: { kept: true } },
        ...more,
      });

    it("keeps unknown fields and times as they are", async () => {
      addWeb();
      const found = await kube.get(deployments, web);
      expect(found.spec).to.deep.equal({ replicas: 1, futureField: { kept: true } });
      expect(found.metadata.creationTimestamp).to.equal("2026-01-01T00:00:00Z");
    });

    it("reads a namespace, a cluster-wide list and one namespace's list", async () => {
      api.add(namespaces, { metadata: { name: "shop" } });
      addWeb();
      expect((await kube.get(namespaces, { name: "shop" })).metadata.name).to.equal("shop");
      expect((await kube.list(deployments, {})).items).to.have.length(1);
      expect((await kube.list(deployments, { namespace: "other" })).items).to.have.length(0);
    });

    it("lists all pages with kind and version filled in", async () => {
      for (let n = 0; n < 1203; n++) {
        api.add(pods, { apiVersion: "v1", kind: "Pod", metadata: { name: `p${n}`, namespace: "shop" } });
      }
      const { items, resourceVersion } = await kube.list(pods, { namespace: "shop" });
      expect(new Set(items.map((item) => item.metadata.name)).size).to.equal(1203);
      expect(items.every((item) => item.kind === "Pod" && item.apiVersion === "v1")).to.equal(true);
      expect(resourceVersion).to.equal(String(api.store.version));
      expect(api.requests.filter(({ query }) => query.get("limit") === "500")).to.have.length(3);
    });

    it("starts a list over when the server has forgotten where it was", async () => {
      for (let n = 0; n < 600; n++) api.add(pods, { metadata: { name: `p${n}`, namespace: "shop" } });
      let faults = 1;
      api.faults.push(({ query }) => (query.has("continue") && faults-- > 0 ? { status: 410 } : undefined));
      expect((await kube.list(pods, {})).items).to.have.length(600);
    });

    it("names the field manager and asks for warnings in every write, and logs them", async () => {
      const log = rememberingLog();
      const logging = api.connect({ log });
      api.faults.push(({ method }) =>
        method === "POST" ? { status: 201, headers: { warning: '299 - "unknown field"' } } : undefined,
      );
      await logging.create(services, { namespace: "shop" }, { metadata: { name: "web" } });
      expect(log.lines).to.deep.equal(["warn: API warning"]);
      expect(Object.fromEntries(api.requests[0]?.query ?? [])).to.deep.equal({
        fieldManager: "serin",
        fieldValidation: "Warn",
      });
      expect(api.requests[0]?.headers["user-agent"]).to.equal("serin-test");
      await logging.close();
    });

    it("patches in three ways", async () => {
      addWeb();
      const { metadata } = await kube.mergePatch(deployments, web, { metadata: { labels: { a: "1" } } });
      expect(metadata.labels).to.deep.equal({ a: "1" });
      await kube.jsonPatch(deployments, web, [
        { op: "test", path: "/metadata/labels/a", value: "1" },
        { op: "add", path: "/metadata/labels/b~1c", value: "2" },
      ]);
      await kube.strategicPatch(deployments, { ...web, subresource: "status" }, { status: { replicas: 1 } });
      const found = await kube.get(deployments, web);
      expect(found.metadata.labels).to.deep.equal({ a: "1", "b/c": "2" });
      expect(api.requests.map(({ headers }) => headers["content-type"]).slice(0, 3)).to.deep.equal([
        "application/merge-patch+json",
        "application/json-patch+json",
        "application/strategic-merge-patch+json",
      ]);
      expect(api.requests[2]?.path).to.equal("/apis/apps/v1/namespaces/shop/deployments/web/status");
    });

    it("distinguishes refusals", async () => {
      addWeb();
      expect(isNotFound(await failure(kube.get(httpRoutes, web)))).to.equal(true);
      const exists = await failure(
        kube.create(deployments, { namespace: "shop" }, { metadata: { name: "web" } }),
      );
      expect([isAlreadyExists(exists), isConflict(exists)]).to.deep.equal([true, false]);
      const stale = await failure(kube.mergePatch(deployments, web, { metadata: { resourceVersion: "1" } }));
      expect([isAlreadyExists(stale), isConflict(stale)]).to.deep.equal([false, true]);
      const mismatch = await failure(
        kube.jsonPatch(deployments, web, [{ op: "test", path: "/spec/replicas", value: 9 }]),
      );
      expect([isConflict(mismatch), isInvalid(mismatch)]).to.deep.equal([true, false]);
      const otherUid = await failure(kube.delete(deployments, web, { uid: "other" }));
      expect(isConflict(otherUid)).to.equal(true);
      api.faults.push(() => ({ status: 422, message: 'Deployment.apps "web" is invalid: spec.replicas' }));
      const invalid = await failure(kube.get(deployments, web));
      expect([isConflict(invalid), isInvalid(invalid)]).to.deep.equal([false, true]);
      api.faults.unshift(() => ({ status: 403 }));
      expect(isForbidden(await failure(kube.get(deployments, web)))).to.equal(true);
    });

    it("deletes in the background, or without what the object owns", async () => {
      addWeb();
      await kube.delete(deployments, web);
      expect(isNotFound(await failure(kube.get(deployments, web)))).to.equal(true);
      addWeb();
      await kube.delete(deployments, web, { orphan: true });
      expect(api.store.propagation.slice(-2)).to.deep.equal(["Background", "Orphan"]);
    });

    it("hands on Retry-After without repeating", async () => {
      api.faults.push(() => ({ status: 429, headers: { "retry-after": "3" } }));
      const error = await failure(kube.get(deployments, web));
      expect(error).to.be.instanceOf(ApiError).with.property("retryAfterMs", 3_000);
      expect(api.requests).to.have.length(1);
    });

    it("repeats a GET once when the connection breaks, and never a write", async () => {
      addWeb();
      let faults = 1;
      api.faults.push(() => (faults-- > 0 ? "reset" : undefined));
      expect((await kube.get(deployments, web)).metadata.name).to.equal("web");
      faults = 1;
      expect(await failure(kube.mergePatch(deployments, web, {}))).to.be.instanceOf(ConnectionError);
      expect(api.requests.filter(({ method }) => method === "PATCH")).to.have.length(1);
    });

    it("leaves it to the follower to repeat a watch", async () => {
      let faults = 1;
      api.faults.push(() => (faults-- > 0 ? "reset" : undefined));
      const events = kube.watch(deployments, {}, {}, new AbortController().signal);
      expect(await failure(events[Symbol.asyncIterator]().next())).to.be.instanceOf(ConnectionError);
      expect(api.requests).to.have.length(1);
    });

    it("gives up a silent server after the time limit, without a repeat", async () => {
      const hasty = api.connect({ timeoutMs: 100 });
      api.faults.push(() => "hang");
      expect(await failure(hasty.get(deployments, web))).to.be.instanceOf(ConnectionError);
      // On a busy machine the time may end before the server has the request.
      expect(api.requests.length).to.be.at.most(1);
      await hasty.close();
    });

    it("reads the credentials again after a 401", async () => {
      let token = "old";
      const rotating = api.connect({ load: () => api.config(token) });
      addWeb();
      api.token = "old";
      await rotating.get(deployments, web);
      api.token = token = "new";
      await Promise.all([1, 2, 3].map(() => rotating.get(deployments, web)));
      api.token = "neither";
      const error = await failure(rotating.get(deployments, web));
      expect(error).to.be.instanceOf(ApiError).with.property("status", 401);
      expect(inspect(error)).not.to.contain("Bearer");
      await rotating.close();
    });

    it("reads the credentials again when it does not trust the server, as after a rotation of its authority", async () => {
      addWeb();
      const { ca } = api;
      api.ca = (await issueAuthority({ now: Date.now(), lifeMs: 3_600_000 })).cert;
      const error = await failure(kube.get(deployments, web));
      expect(error).to.be.instanceOf(ConnectionError).with.property("message").that.contains("certificate");
      api.ca = ca;
      await kube.mergePatch(deployments, web, { spec: { replicas: 2 } });
      expect(api.requests.map(({ method }) => method)).to.deep.equal(["PATCH"]);
    });

    it("watches, and stops when the signal aborts", async () => {
      const stop = new AbortController();
      const told: string[] = [];
      const watching = (async () => {
        for await (const { type, object } of kube.watch(deployments, {}, {}, stop.signal)) {
          told.push(`${type} ${object.metadata.name ?? ""}`);
        }
      })();
      await eventually("watching", () => api.watching === 1);
      addWeb({ note: "ü".repeat(300_000) });
      api.change(deployments, "shop/web", { spec: { replicas: 2 } });
      api.bookmark();
      api.remove(deployments, "shop/web");
      await eventually("told", () => told.length === 4);
      expect(told).to.deep.equal(["ADDED web", "MODIFIED web", "BOOKMARK ", "DELETED web"]);
      stop.abort();
      await watching;
      await eventually("closed", () => api.watching === 0);
    });

    it("throws an ERROR event of a watch as ApiError", async () => {
      const watching = failure(
        (async () => {
          for await (const _ of kube.watch(deployments, {}, {}, new AbortController().signal));
        })(),
      );
      await eventually("watching", () => api.watching === 1);
      api.sendEvent("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old" });
      expect(await watching)
        .to.be.instanceOf(ApiError)
        .with.property("status", 410);
    });

    it("takes a silent watch for dead", async () => {
      const brief = api.connect({ silenceMs: 200 });
      const watching = failure(
        (async () => {
          for await (const _ of brief.watch(deployments, {}, {}, new AbortController().signal));
        })(),
      );
      expect(await watching).to.be.instanceOf(ConnectionError);
      await brief.close();
    });

    // More than the requests that a server takes on two connections of HTTP/2. Over HTTP/1.1, each takes a handshake.
    const watches = protocol === "HTTP/2" ? 300 : 100;
    it(`carries ${watches} watches and other requests at the same time`, async () => {
      addWeb();
      const stop = new AbortController();
      let told = 0;
      const follow = async () => {
        for await (const _ of kube.watch(deployments, {}, {}, stop.signal)) told++;
      };
      const all: Promise<void>[] = [];
      // Ten at a time: on a busy machine, a hundred handshakes at once would take longer than a connection may.
      while (all.length < watches) {
        all.push(...Array.from({ length: 10 }, follow));
        await eventually("watching", () => api.watching === all.length);
      }
      await kube.mergePatch(deployments, web, { spec: { replicas: 3 } });
      await eventually("told", () => told === watches);
      stop.abort();
      await Promise.all(all);
    });
  });
}

it("uses few connections over HTTP/2", async () => {
  const api = await FakeApi.start();
  const kube = api.connect();
  api.add(deployments, { metadata: web });
  for (let round = 0; round < 20; round++)
    await Promise.all([1, 2, 3, 4, 5].map(() => kube.get(deployments, web)));
  expect(api.connections).to.be.at.most(2);
  await kube.close();
  await api.stop();
});
