import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import {
  deployments,
  grpcRoutes,
  httpRoutes,
  namespaces,
  referenceGrants,
  replicaSets,
  services,
} from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { shareOf } from "../../../rollout/traffic/route-record.ts";
import { hold } from "../../../rollout/workload/hold.ts";
import { holdRecordOf, withHoldRecord } from "../../../rollout/workload/hold-record.ts";
import type { FakeApi } from "../../support/api.ts";
import { askWebhook } from "../../support/ask-webhook.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  ownedByWeb,
} from "../../support/builders.ts";
import { openFollowed } from "../../support/route-index.ts";
import { applied } from "../../support/routes.ts";
import { annotate } from "../../support/shop.ts";

const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };

describe("webhook/deployments, while the watch of routes is broken", () => {
  let api: FakeApi;
  let kube: Kube;
  let index: RouteIndex;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ api, kube, index, close } = await openFollowed());
    api.endWatches("end");
    api.faults.push(({ query }) => (query.has("watch") ? "hang" : undefined));
    api.add(replicaSets, aReplicaSet({ meta: { ownerReferences: [ownedByWeb] } }));
    api.add(services, aService());
    api.add(namespaces, { metadata: { name: "shop" } });
  });
  afterEach(() => close());

  const ask = (object: Deployment, oldObject: Deployment) => askWebhook({ kube, index }, object, oldObject);
  const given = (phase: "canary" | "failed") => {
    const update = aDeployment({ image: "web:2" });
    const held = withHoldRecord({ ...update, spec: hold(update.spec, "50%") }, aHeld({ phase }), update);
    const object = { ...held, spec: { ...held.spec, template: aDeployment().spec.template } };
    return { object, oldObject: api.put(deployments, held) };
  };
  const undo = () => {
    const { object, oldObject } = given("canary");
    return ask(object, oldObject);
  };
  const shared = (namespace: string, meta = {}, kind = "HTTPRoute"): Route =>
    applied(
      aRoute({
        kind,
        backends: [{ name: "web", namespace: "shop", port: 80 }],
        meta: { name: "web", namespace, ...meta },
      }),
      { "uid-web": share },
    );
  const grant = (namespace: string) => {
    const from = [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace }];
    const metadata = { name: "allow", namespace: "shop" };
    api.add(referenceGrants, { metadata, spec: { from, to: [{ group: "", kind: "Service" }] } });
  };
  const weightIn = async (namespace: string, kind = httpRoutes) =>
    shareOf(await kube.get<Route>(kind, { namespace, name: "web" }), "uid-web")?.weight;

  it("drains a route of its own namespace that the index does not know", async () => {
    // More than a namespace whose routes Serin lists for each update.
    const annotations = { filler: "x".repeat(250_000) };
    for (let i = 0; i < 5; i += 1)
      api.add(httpRoutes, aRoute({ kind: "HTTPRoute", meta: { name: `r-${i}`, annotations } }));
    api.add(grpcRoutes, shared("shop", {}, "GRPCRoute"));
    expect(await undo()).to.include({ allowed: true });
    expect(await weightIn("shop", grpcRoutes)).to.equal(0);
  });

  it("drains a route of another namespace that a ReferenceGrant permits and the index does not know", async () => {
    grant("edge");
    api.add(httpRoutes, shared("edge"));
    expect(await undo()).to.include({ allowed: true });
    expect(await weightIn("edge")).to.equal(0);
  });

  it("drains a route of another namespace that names the Service only since the index heard of it", async () => {
    grant("edge");
    const meta = { name: "web", namespace: "edge" };
    const before = aRoute({ kind: "HTTPRoute", backends: [{ name: "other", port: 80 }], meta });
    index.apply(api.put(httpRoutes, applied(before, { "uid-web": share })));
    api.put(httpRoutes, shared("edge"));
    expect(await undo()).to.include({ allowed: true });
    expect(await weightIn("edge")).to.equal(0);
  });

  it("reads no route of a stranger, whatever mark it carries", async () => {
    grant("edge");
    for (let i = 0; i < 5; i += 1) api.add(httpRoutes, shared("evil", { name: `trap-${i}` }));
    api.requests.length = 0;
    expect(await undo()).to.include({ allowed: true });
    const read = api.requests.filter(({ path, query }) => path.includes("routes") && !query.has("watch"));
    expect(read.map(({ path }) => path.split("/")[5])).to.include.members(["shop", "edge"]);
    expect(read.map(({ path }) => path.split("/")[5])).not.to.include("evil");
  });

  it("uses a new route of which the index knows only a predecessor that is gone", async () => {
    const named = (name: string) =>
      aRoute({ kind: "HTTPRoute", backends: [{ name: "web", port: 80 }], meta: { name, namespace: "shop" } });
    index.apply({ ...named("old"), metadata: { ...named("old").metadata, resourceVersion: "1000" } });
    api.add(httpRoutes, { ...named("new"), status: { parents: [] } });
    const answer = await ask(aDeployment({ image: "web:2" }), api.put(deployments, aDeployment()));
    expect(answer.allowed && answer.warnings?.join()).to.include("no gateway answers for HTTPRoute shop/new");
  });

  it("refuses while the marked routes are too long to find the shares among them", async () => {
    const annotations = { filler: "x".repeat(250_000) };
    for (let i = 0; i < 270; i += 1) api.add(httpRoutes, shared("shop", { name: `r-${i}`, annotations }));
    const error = await undo().catch((thrown: Error) => thrown);
    expect(error)
      .to.be.an("error")
      .with.property("message")
      .that.matches(
        /^the routes of namespace shop with the label serin.dev\/flight are too long together: .*; kubectl annotate deployment\/web serin.dev\/abort=2 rolls back meanwhile$/,
      );
    expect(api.requests.filter(({ method }) => method === "PATCH")).to.deep.equal([]);
    const { oldObject } = given("canary");
    const answer = await ask(annotate("serin.dev/abort", "2")(oldObject), oldObject);
    expect(answer.allowed && holdRecordOf(answer.object as Deployment)?.asked).to.equal("abort");
  });

  it("names no order where it would do nothing any more", async () => {
    api.faults.push(({ path }) =>
      path.includes("referencegrants") ? { status: 403, message: "no" } : undefined,
    );
    const { object, oldObject } = given("failed");
    const error = await ask(object, oldObject).catch((thrown: Error) => thrown);
    expect(error).to.be.an("error").with.property("message").that.does.not.include("serin.dev/abort");
  });
});
