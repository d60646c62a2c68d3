import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import { deployments, httpRoutes, namespaces, replicaSets, services } from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { HELD, RUN } from "../../../rollout/keys.ts";
import { isolationPatch } from "../../../rollout/traffic/isolation.ts";
import { shareOf } from "../../../rollout/traffic/route-record.ts";
import { hold } from "../../../rollout/workload/hold.ts";
import { holdRecordOf, withHoldRecord } from "../../../rollout/workload/hold-record.ts";
import { formatRun, type RunRecord } from "../../../rollout/workload/run-record.ts";
import type { ReviewResponse } from "../../../webhook/review.ts";
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
import { eventually } from "../../support/eventually.ts";
import { openFollowed } from "../../support/route-index.ts";
import { applied } from "../../support/routes.ts";

const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };
const version = (image: string, outcome?: RunRecord["outcome"]) => {
  const record = { started: AT_NOON, step: 0, stepSince: AT_NOON, stable: "web1", message: "" };
  const run = outcome && { [RUN]: formatRun({ ...record, outcome }) };
  return aReplicaSet({ image, meta: { ownerReferences: [ownedByWeb], ...(run && { annotations: run }) } });
};

describe("webhook/deployments, what it reads", () => {
  let api: FakeApi;
  let kube: Kube;
  let index: RouteIndex;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ api, kube, index, close } = await openFollowed());
    api.add(replicaSets, version("web:1"));
    api.add(services, aService());
    api.add(namespaces, { metadata: { name: "shop" } });
  });
  afterEach(() => close());

  /** Asks, and returns the answer with the resources that Serin asked the API server for. */
  const ask = async (object: Deployment, old: Deployment) => {
    const oldObject = api.put(deployments, old);
    api.requests.length = 0;
    const answer = await askWebhook({ kube, index }, object, oldObject);
    const asked = api.requests.filter(({ query }) => !query.has("watch"));
    return { answer, read: asked.map(({ path }) => path.replace(/^.*\/namespaces\/(shop\/)?/, "")) };
  };
  const withAnnotations = (image: string, annotations: Record<string, string>): Deployment => {
    const object = aDeployment({ image });
    const metadata = { ...object.spec.template.metadata, annotations };
    return { ...object, spec: { ...object.spec, template: { ...object.spec.template, metadata } } };
  };
  const said = (answer: ReviewResponse) => (answer.allowed ? (answer.warnings ?? []).join() : answer.message);
  const held = () => {
    const plain = aDeployment({ image: "web:2" });
    return withHoldRecord({ ...plain, spec: hold(plain.spec, "50%") }, aHeld(), plain);
  };
  const another = (image: string): Deployment => ({
    ...held(),
    spec: { ...held().spec, template: aDeployment({ image }).spec.template },
  });

  it("reads the Deployment, its versions, its defaults and Services left isolated for a restart", async () => {
    const restarted = withAnnotations("web:1", { "kubectl.kubernetes.io/restartedAt": AT_NOON });
    const { answer, read } = await ask(restarted, aDeployment());
    expect(answer.allowed && holdRecordOf(answer.object as Deployment)).to.equal(undefined);
    const live = "deployments/web";
    expect(read.sort()).to.deep.equal([live, live, "replicasets", "services", "shop"]);
  });

  it("reads no routes for other answers that start no rollout", async () => {
    api.add(replicaSets, version("web:2", "promoted"));
    api.add(replicaSets, version("web:3", "failed"));
    const proven = await ask(aDeployment({ image: "web:2" }), aDeployment());
    expect(said(proven.answer)).to.include("was promoted before");
    const failed = await ask(aDeployment({ image: "web:3" }), aDeployment());
    expect(said(failed.answer)).to.include("its canary failed");
    const invalid = await ask(
      aDeployment({ image: "web:4", annotations: { "serin.dev/steps": "x" } }),
      aDeployment(),
    );
    expect(said(invalid.answer)).to.include("serin.dev/steps");
    for (const { read } of [failed, invalid])
      expect(read.sort()).to.deep.equal(["deployments", "replicasets", "shop"]);
    const live = ["deployments", "deployments/web"];
    expect(proven.read.sort()).to.deep.equal([...live, "replicasets", "services", "shop"]);
  });

  it("lists the versions once, also for one that supersedes another", async () => {
    api.add(replicaSets, version("web:2"));
    const { answer, read } = await ask(another("web:3"), held());
    expect(said(answer)).to.include("another version is in flight");
    expect(read.filter((what) => what === "replicasets")).to.have.length(1);
    // The warnings of these belong to a canary that begins at once.
    expect(read).not.to.include("horizontalpodautoscalers").and.not.to.include("ingresses");
    const begun = await ask(aDeployment({ image: "web:3" }), aDeployment());
    expect(begun.read).to.include("horizontalpodautoscalers").and.to.include("ingresses");
  });

  it("asks for the routes in flight once, by their mark", async () => {
    api.add(replicaSets, version("web:2"));
    const meta = { labels: { "serin.dev/flight": "uid-web" }, name: "web", namespace: "shop" };
    const backends = [{ name: "web", port: 80 }];
    api.add(httpRoutes, applied(aRoute({ kind: "HTTPRoute", backends, meta }), { "uid-web": share }));
    await eventually("indexed", () => index.of("shop").length === 1);
    const superseding = await ask(another("web:3"), held());
    expect(said(superseding.answer)).to.include("another version is in flight");
    expect(superseding.read.filter((what) => what.startsWith("httproutes"))).to.deep.equal(["httproutes"]);
    const undo = await ask(another("web:1"), held());
    // The drain reads it, writes it, and asks whether the gateway has accepted it.
    const drain = ["httproutes/web", "httproutes/web", "httproutes/web"];
    expect(undo.read.filter((what) => what.startsWith("httproutes"))).to.deep.equal(["httproutes", ...drain]);
  });

  const changes: [string, string, object, number][] = [
    ["since it was read", "/referencegrants", { status: { replicas: 4 } }, 0],
    ["since the request", "/deployments/web", { status: { replicas: 4 } }, 0],
    ["to another rollout", "/deployments/web", { metadata: { annotations: { [HELD]: "{}" } } }, 50],
  ];
  for (const [when, at, change, weight] of changes)
    it(`leaves a share of ${weight} % at an undo if the Deployment has changed ${when}`, async () => {
      const meta = { labels: { "serin.dev/flight": "uid-web" } };
      api.add(httpRoutes, applied(aRoute({ kind: "HTTPRoute", meta }), { "uid-web": share }));
      await eventually("indexed", () => index.of("shop").length === 1);
      api.faults.push(({ path }) => {
        if (path.endsWith(at)) api.change(deployments, "shop/web", change);
        return undefined;
      });
      const { read } = await ask(another("web:1"), held());
      const route = await kube.get<Route>(httpRoutes, { namespace: "shop", name: "web" });
      expect(shareOf(route, "uid-web")?.weight).to.equal(weight);
      expect(read.filter((what) => what === "deployments/web")).to.have.length(1);
    });

  it("goes back to the stable version without its namespace's defaults", async () => {
    api.faults.push(({ path }) => (path.endsWith("/namespaces/shop") ? { status: 403 } : undefined));
    api.add(httpRoutes, applied(aRoute({ kind: "HTTPRoute" }), { "uid-web": share }));
    await eventually("indexed", () => index.of("shop").length === 1);
    const { answer, read } = await ask(another("web:1"), held());
    expect(answer.allowed && holdRecordOf(answer.object as Deployment)?.phase).to.equal("undone");
    expect(read).not.to.include("shop");
  });

  it("performs nothing for a body that has another selector than the stored Deployment in flight", async () => {
    api.change(services, "shop/web", isolationPatch(aService(), "uid-web", "web1", AT_NOON));
    const meta = { labels: { "serin.dev/flight": "uid-web" }, name: "web", namespace: "shop" };
    api.add(httpRoutes, applied(aRoute({ kind: "HTTPRoute", meta }), { "uid-web": share }));
    await eventually("indexed", () => index.of("shop").length === 1);
    const stored = api.put(deployments, held());
    const oldObject = { ...stored, spec: { ...stored.spec, selector: { matchLabels: { app: "other" } } } };
    const object = { ...another("web:9"), metadata: { ...stored.metadata, annotations: {} } };
    await askWebhook({ kube, index }, object, oldObject);
    expect(api.requests.filter(({ method }) => method !== "GET")).to.deep.equal([]);
  });
});
