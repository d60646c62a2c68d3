import { expect } from "chai";
import { CheckedRoute, type CheckTarget } from "../../../conformance/checked-route.ts";
import { httpClient } from "../../../conformance/client.ts";
import { checkGateway } from "../../../conformance/report.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import { deployments } from "../../../kube/core/resources.ts";
import { FakeApi } from "../../support/api.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeGateway } from "../../support/gateway.ts";

describe("the check of a gateway that takes requests and does not answer", () => {
  let api: FakeApi;
  let kube: Kube;
  let gateway: FakeGateway;
  let interruption: AbortController;
  let target: CheckTarget;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    gateway = await FakeGateway.start(api);
    interruption = new AbortController();
    const parent = { namespace: "edge", name: "gw" };
    const { url } = gateway;
    const where = { namespace: "scratch", url, parent, domain: "example", holdMs: 100 };
    target = { kube, clock: systemClock, ...where, signal: interruption.signal };
  });
  afterEach(async () => {
    await kube.close();
    await gateway.stop();
    await api.stop();
  });

  // An answer may take 10 s.
  it("ends at once if the user interrupts it, and removes its objects", async () => {
    gateway.fault = "hang";
    const options = { gateway: "edge/gw", turns: 1, image: "node:24", log: () => {} };
    const failed = checkGateway(target, options).catch((error: unknown) => error);
    await eventually("a request", () => gateway.requests > 0);
    interruption.abort("SIGINT");
    expect(await failed).to.equal("SIGINT");
    expect(gateway.requests).to.equal(1);
    expect((await kube.list(deployments, { namespace: "scratch" })).items).to.deep.equal([]);
  }).timeout(9_000);

  it("ends at once if the gateway falls silent under load", async () => {
    const route = await CheckedRoute.open(target, "HTTPRoute", 10_000);
    const load = route.under(200, async () => {
      gateway.fault = "hang";
      gateway.requests = 0;
      await route.sleep(60_000);
    });
    const failed = load.catch((error: unknown) => error);
    await eventually("a request on each connection", () => gateway.requests >= 64);
    interruption.abort("SIGINT");
    expect(await failed).to.be.an("error");
    await route.close();
  }).timeout(9_000);

  it("bounds each request, also one that waits for a connection", async () => {
    gateway.fault = "hang";
    const client = httpClient(gateway.url, "check.example", 3_000);
    const asked = Array.from({ length: 200 }, () => client.ask());
    for (const { status } of await Promise.allSettled(asked)) expect(status).to.equal("rejected");
    // The others have waited for as long.
    expect(gateway.requests).to.be.within(64, 128);
    await client.close();
  });
});
