import { expect } from "chai";
import { linesOfFailure } from "../../../cli/frame/failure.ts";
import { checkedRoute, checkedWorkloads, sweepCheck } from "../../../conformance/objects.ts";
import { removedAfter } from "../../../conformance/removal.ts";
import { checkGateway } from "../../../conformance/report.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import {
  deployments,
  grpcRoutes,
  httpRoutes,
  type Resource,
  services,
} from "../../../kube/core/resources.ts";
import { FakeApi } from "../../support/api.ts";

const namespace = "scratch";
const parent = { namespace: "edge", name: "gw" };
const kinds: readonly Resource[] = [httpRoutes, grpcRoutes, services, deployments];

describe("the objects of a gateway's check", () => {
  let api: FakeApi;
  beforeEach(async () => {
    api = await FakeApi.start();
  });
  afterEach(() => api.stop());

  const names = async () => {
    const kube = api.connect();
    const lists = await Promise.all(kinds.map((kind) => kube.list(kind, { namespace })));
    await kube.close();
    return lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
  };

  it("are removed where another run left them, and nobody else's", async () => {
    const kube = api.connect();
    const left = [
      ...checkedWorkloads("node:24", "1"),
      checkedRoute("HTTPRoute", { parent, host: "a.example" }),
    ];
    for (const { resource, body } of left) await kube.create(resource, { namespace }, body);
    const theirs = { apiVersion: "v1", kind: "Service", metadata: { name: "serin-check-v3" }, spec: {} };
    await kube.create(services, { namespace }, theirs);
    expect(await sweepCheck(kube, namespace)).to.have.members([
      "HTTPRoute serin-check",
      "Service serin-check-v1",
      "Service serin-check-v2",
      "Deployment serin-check-v1",
      "Deployment serin-check-v2",
    ]);
    expect(await names()).to.deep.equal(["serin-check-v3"]);
    expect(await sweepCheck(kube, namespace)).to.deep.equal([]);
    await kube.close();
  });

  it("are removed but for those whose deletion is refused, which the error names", async () => {
    const kube = api.connect();
    for (const { resource, body } of checkedWorkloads("node:24", "1"))
      await kube.create(resource, { namespace }, body);
    const refused = /\/(services\/serin-check-v1|deployments\/serin-check-v2)$/;
    api.faults.push(({ method, path }) =>
      method === "DELETE" && refused.test(path) ? { status: 403, message: "not you" } : undefined,
    );
    const error = await sweepCheck(kube, namespace).catch((found: unknown) => found);
    expect(await names()).to.deep.equal(["serin-check-v1", "serin-check-v2"]);
    expect(error)
      .to.be.an("error")
      .with.property(
        "message",
        "these objects of the check are left in namespace scratch: Service serin-check-v1, Deployment serin-check-v2: not you; delete them by kubectl delete httproutes,grpcroutes,services,deployments -n scratch -l serin.dev/gateway-check",
      );
    await kube.close();
  });

  it("do not hide the check's own error if they cannot be removed", async () => {
    const kube = api.connect();
    api.faults.push(({ method, path }) => {
      if (method === "POST" && path.endsWith("/httproutes")) return { status: 403, message: "no route" };
      return method === "DELETE" ? { status: 403, message: "no deletion" } : undefined;
    });
    const { signal } = new AbortController();
    const url = "http://127.0.0.1:9";
    const target = { kube, clock: systemClock, namespace, url, parent, domain: "example", signal };
    const options = { gateway: "edge/gw", turns: 1, image: "node:24", log: () => {} };
    const error = await checkGateway(target, options).catch((found: unknown) => found);
    const told = linesOfFailure(error);
    expect(told).to.have.length(2);
    expect(told[0]).to.include("no route");
    expect(told[1]).to.include("Deployment serin-check-v2: no deletion; delete them by");
    await kube.close();
  });

  it("do not cost the user the report if they cannot be removed", async () => {
    const kube = api.connect();
    for (const { resource, body } of checkedWorkloads("node:24", "1"))
      await kube.create(resource, { namespace }, body);
    api.faults.push(({ method }) =>
      method === "DELETE" ? { status: 403, message: "no deletion" } : undefined,
    );
    const { signal } = new AbortController();
    const found = await removedAfter({ kube, namespace, signal }, async () => ({ weights: "yes" }));
    expect(found.weights).to.equal("yes");
    expect(found.left).to.include("Deployment serin-check-v2: no deletion; delete them by");
    await kube.close();
  });

  it("are removed if the user interrupts the check", async () => {
    const kube = api.connect();
    const interruption = new AbortController();
    const target = {
      kube,
      clock: systemClock,
      namespace,
      // Nobody answers there.
      url: "http://127.0.0.1:9",
      parent,
      domain: "example",
      signal: interruption.signal,
    };
    const log = () => {};
    const check = checkGateway(target, { gateway: "edge/gw", turns: 1, image: "node:24", log });
    const failed = check.catch((error: unknown) => error);
    while (!(await names()).includes("serin-check")) await systemClock.sleep(20);
    expect(await names()).to.have.length(5);
    interruption.abort("SIGINT");
    expect(await failed).to.equal("SIGINT");
    expect(await names()).to.deep.equal([]);
    await kube.close();
  });
});
