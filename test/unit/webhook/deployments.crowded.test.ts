import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import {
  deployments,
  httpRoutes,
  namespaces,
  referenceGrants,
  replicaSets,
  services,
} from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { RUN } from "../../../rollout/keys.ts";
import { shareOf } from "../../../rollout/traffic/route-record.ts";
import { hold } from "../../../rollout/workload/hold.ts";
import { holdRecordOf, withHoldRecord } from "../../../rollout/workload/hold-record.ts";
import { formatRun } from "../../../rollout/workload/run-record.ts";
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

const filler = "x".repeat(250_000);
const MANY = 20;
const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };

/** A namespace whose objects are too long together: nothing about them may keep a user from going back. */
describe("webhook/deployments in a namespace whose objects are too long together", () => {
  let api: FakeApi;
  let kube: Kube;
  let index: RouteIndex;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ api, kube, index, close } = await openFollowed());
    api.add(replicaSets, aReplicaSet({ meta: { ownerReferences: [ownedByWeb] } }));
    api.add(services, aService());
    api.add(namespaces, { metadata: { name: "shop" } });
  });
  afterEach(() => close());

  const ask = (object: Deployment, oldObject: Deployment) => askWebhook({ kube, index }, object, oldObject);
  const inFlight = () => {
    const update = aDeployment({ image: "web:2" });
    return api.put(
      deployments,
      withHoldRecord({ ...update, spec: hold(update.spec, "50%") }, aHeld(), update),
    );
  };
  const undo = () => {
    const held = inFlight();
    return ask({ ...held, spec: { ...held.spec, template: aDeployment().spec.template } }, held);
  };
  const canary = (foreignRoutes?: readonly string[]) => {
    const record = {
      started: AT_NOON,
      outcome: "running",
      step: 0,
      stepSince: AT_NOON,
      stable: "web1",
    } as const;
    const run = formatRun({
      ...record,
      message: "",
      ...(foreignRoutes && { foreignRoutes: [...foreignRoutes] }),
    });
    const meta = { ownerReferences: [ownedByWeb], annotations: { [RUN]: run } };
    api.add(replicaSets, aReplicaSet({ image: "web:2", replicas: 1, meta }));
  };
  const longServices = () => {
    for (let i = 0; i < MANY; i += 1) api.add(services, aService({ filler, meta: { name: `s-${i}` } }));
  };
  const shared = (name: string, namespace = "shop", meta = {}): Route =>
    applied(
      aRoute({
        kind: "HTTPRoute",
        backends: [{ name: "web", namespace: "shop", port: 80 }],
        meta: { name, namespace, ...meta },
      }),
      { "uid-web": share },
    );
  const weightOf = async (name: string, namespace = "shop") =>
    shareOf(await kube.get<Route>(httpRoutes, { namespace, name }), "uid-web")?.weight;
  const grant = () => {
    const from = [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "edge" }];
    const metadata = { name: "allow", namespace: "shop" };
    api.add(referenceGrants, { metadata, spec: { from, to: [{ group: "", kind: "Service" }] } });
  };

  it("goes back to the stable version among long Services, Deployments and old versions, and drains the routes", async () => {
    longServices();
    canary();
    for (let i = 0; i < MANY; i += 1) {
      api.add(deployments, aDeployment({ filler, meta: { name: `d-${i}` } }));
      const set = aReplicaSet({ image: `old:${i}`, replicas: 0, meta: { ownerReferences: [ownedByWeb] } });
      api.add(replicaSets, { ...set, spec: { ...set.spec, template: { ...set.spec.template, filler } } });
    }
    api.add(httpRoutes, shared("web"));
    const answer = await undo();
    expect(answer.allowed && holdRecordOf(answer.object as Deployment)?.phase).to.equal("undone");
    expect(await weightOf("web")).to.equal(0);
  });

  it("refuses another version among long old versions, and names them", async () => {
    canary();
    for (let i = 0; i < MANY; i += 1) {
      const set = aReplicaSet({ image: `old:${i}`, replicas: 0, meta: { ownerReferences: [ownedByWeb] } });
      api.add(replicaSets, { ...set, spec: { ...set.spec, template: { ...set.spec.template, filler } } });
    }
    const held = inFlight();
    const another = {
      ...held,
      spec: { ...held.spec, template: aDeployment({ image: "web:3" }).spec.template },
    };
    const error = await ask(another, held).catch((thrown: Error) => thrown);
    expect(error)
      .to.be.an("error")
      .with.property("message")
      .that.matches(/^the replicasets of namespace shop have more than \d+ characters together/);
  });

  it("obeys an order, and forgets the opt-in at rest, also with a new version", async () => {
    longServices();
    canary();
    const held = inFlight();
    const annotations = { ...held.metadata.annotations, "serin.dev/abort": "2" };
    expect(await ask({ ...held, metadata: { ...held.metadata, annotations } }, held)).to.include({
      allowed: true,
    });
    const { "serin.dev/rollout": _optIn, ...others } = aDeployment().metadata.annotations ?? {};
    for (const image of ["web:1", "web:2"]) {
      const stored = api.put(deployments, aDeployment());
      const object = { ...aDeployment({ image }), metadata: { ...stored.metadata, annotations: others } };
      const answer = await ask(object, stored);
      expect(answer.allowed && holdRecordOf(answer.object as Deployment), image).to.equal(undefined);
      expect(answer).to.include({ allowed: true });
    }
  });

  it("drains every route with a share, however long they are together", async () => {
    canary();
    const annotations = { filler };
    for (let i = 0; i < MANY; i += 1) api.add(httpRoutes, shared(`r-${i}`, "shop", { annotations }));
    expect(await undo()).to.include({ allowed: true });
    for (const name of ["r-0", `r-${MANY - 1}`]) expect(await weightOf(name), name).to.equal(0);
  });

  it("drains the routes of another namespace to which Serin gave a share, and no forged one", async () => {
    canary(["HTTPRoute/edge/given"]);
    grant();
    for (const name of ["given", "forged"]) api.add(httpRoutes, shared(name, "edge"));
    expect(await undo()).to.include({ allowed: true });
    expect(await weightOf("given", "edge")).to.equal(0);
    expect(await weightOf("forged", "edge")).to.equal(50);
  });

  it("goes back although a namespace that a grant names has more marked routes than Serin reads", async () => {
    canary();
    grant();
    api.add(httpRoutes, shared("web"));
    const annotations = { filler };
    for (let i = 0; i < 300; i += 1) api.add(httpRoutes, shared(`f-${i}`, "edge", { annotations }));
    expect(await undo()).to.include({ allowed: true });
    expect(await weightOf("web")).to.equal(0);
  });
});
