import { expect } from "chai";
import { listRoutes } from "../../../../kube/client/routes.ts";
import { grpcRoutes, httpRoutes } from "../../../../kube/core/resources.ts";
import { reflect } from "../../../../kube/runtime/reflector.ts";
import { FakeApi } from "../../../support/api.ts";
import { hastyClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { rememberingLog } from "../../../support/log.ts";

const route = (kind: string) => ({ kind, metadata: { name: "web", namespace: "shop" } });

describe("kinds that are not installed", () => {
  let api: FakeApi;
  let installed: boolean;
  beforeEach(async () => {
    api = await FakeApi.start();
    installed = false;
    api.faults.push(({ path }) =>
      !installed && path.includes("grpcroutes") ? { status: 404, message: "404 page not found" } : undefined,
    );
  });
  afterEach(() => api.stop());

  for (const initial of ["list", "watch"] as const)
    it(`have no objects, log no warning, and are followed as soon as they are installed: ${initial}`, async () => {
      const kube = api.connect();
      const stop = new AbortController();
      const log = rememberingLog();
      const found: string[] = [];
      const copy = reflect({
        kube,
        resource: grpcRoutes,
        initial,
        signal: stop.signal,
        clock: hastyClock,
        log,
        onChange: (key) => found.push(key),
      });
      await copy.synced;
      expect(copy.list()).to.deep.equal([]);
      await eventually("asked again", () => api.requests.length > 3);
      installed = true;
      api.add(grpcRoutes, route("GRPCRoute"));
      await eventually("found", () => found.includes("shop/web"));
      expect(log.lines.filter((line) => line.startsWith("warn"))).to.deep.equal([]);
      stop.abort();
      await kube.close();
    });

  it("leave the routes of the other kind", async () => {
    const kube = api.connect();
    api.add(httpRoutes, route("HTTPRoute"));
    api.add(grpcRoutes, route("GRPCRoute"));
    expect((await listRoutes(kube)).map(({ kind }) => kind)).to.deep.equal(["HTTPRoute"]);
    installed = true;
    expect((await listRoutes(kube)).map(({ kind }) => kind)).to.deep.equal(["HTTPRoute", "GRPCRoute"]);
    await kube.close();
  });
});
