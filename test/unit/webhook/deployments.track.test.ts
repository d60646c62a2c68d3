import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import {
  deployments,
  horizontalPodAutoscalers,
  namespaces,
  replicaSets,
  services,
} from "../../../kube/core/resources.ts";
import type { Deployment, PodTemplate } from "../../../kube/core/workloads.ts";
import type { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { TRACKER } from "../../../rollout/tracking/decide.ts";
import { holdRecordOf } from "../../../rollout/workload/hold-record.ts";
import type { AdmissionRequest } from "../../../webhook/review.ts";
import type { FakeApi } from "../../support/api.ts";
import { askWebhook } from "../../support/ask-webhook.ts";
import { aDeployment, aReplicaSet, aService, aTemplate, ownedByWeb } from "../../support/builders.ts";
import { openFollowed } from "../../support/route-index.ts";

const ownerReferences = [ownedByWeb];

describe("webhook/deployments and changed ConfigMaps", () => {
  let api: FakeApi;
  let kube: Kube;
  let index: RouteIndex;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ api, kube, index, close } = await openFollowed());
    const set = aReplicaSet();
    api.add(replicaSets, { ...set, metadata: { ...set.metadata, ownerReferences } });
    api.add(services, aService());
    api.add(deployments, aDeployment());
    api.add(namespaces, { metadata: { name: "shop" } });
  });
  afterEach(() => close());

  const ask = async (object: Deployment, oldObject: Deployment, rest: Partial<AdmissionRequest> = {}) => {
    const verdict = await askWebhook({ kube, index }, object, api.put(deployments, oldObject), rest);
    if (!verdict.allowed) return { message: verdict.message };
    return { object: verdict.object as Deployment, warnings: verdict.warnings ?? [] };
  };
  const byTracker = { options: { fieldManager: TRACKER } };
  const marked = (of: Parameters<typeof aDeployment>[0] = {}) =>
    aDeployment({
      annotations: { "serin.dev/changed": '{"at":"then","changes":{}}' },
      meta: { labels: { "serin.dev/flight": "uid-web" } },
      ...of,
    });

  it("keep the mark whatever a request says, until a new template comes", async () => {
    const kept = await ask(aDeployment({ replicas: 2 }), marked());
    expect(kept.object?.metadata.annotations).to.have.property("serin.dev/changed");
    expect(kept.object?.metadata.labels).to.have.property("serin.dev/flight");
    const forged = await ask(marked({ replicas: 2 }), aDeployment());
    expect(forged.object?.metadata.annotations).to.not.have.property("serin.dev/changed");

    const renewed = await ask(marked({ image: "web:2" }), marked());
    expect(renewed.object?.metadata.annotations).to.have.property("serin.dev/held");
    expect(renewed.object?.metadata.annotations).to.not.have.property("serin.dev/changed");
    const natively = await ask(marked({ image: "web:2", replicas: 0 }), marked());
    expect(natively.object?.metadata.labels ?? {}).to.not.have.property("serin.dev/flight");
    expect(natively.object?.metadata.annotations).to.not.have.property("serin.dev/changed");
  });

  it("make a canary of what the tracker writes, and nothing else", async () => {
    const template = madeFor("configmap/web=aa..bb");
    const canary = await ask(aDeployment({ template }), marked(), byTracker);
    expect(canary.object && holdRecordOf(canary.object)?.stable).to.equal("web1");
    expect(canary.object?.spec.template).to.deep.equal(template);
    const refused = await ask(aDeployment({ template, replicas: 0 }), marked(), byTracker);
    expect(refused.message).to.equal(
      "a changed ConfigMap or Secret restarts no pods by itself: no canary: replicas is 0: nothing serves",
    );
  });

  it("warn at an undo of the changes that stay", async () => {
    const old = aDeployment({ template: madeFor("configmap/web=aa..bb") });
    const { warnings = [] } = await ask(aDeployment(), old);
    expect(warnings.join()).to.include("configmap/web changed with that version and stays changed");
  });

  it("name the autoscaler that a canary misleads", async () => {
    const spec = {
      scaleTargetRef: { kind: "Deployment", name: "web" },
      maxReplicas: 9,
      metrics: [{ type: "Resource", resource: { name: "memory" } }],
    };
    api.add(horizontalPodAutoscalers, { metadata: { namespace: "shop", name: "web-hpa" }, spec });
    const { warnings = [] } = await ask(aDeployment({ image: "web:2" }), aDeployment());
    expect(warnings.join()).to.include("HorizontalPodAutoscaler web-hpa scales on memory");
    const { warnings: none = [] } = await ask(aDeployment({ replicas: 2 }), aDeployment());
    expect(none).to.deep.equal([]);
  });
});

function madeFor(config: string): PodTemplate {
  const template = aTemplate();
  return { ...template, metadata: { ...template.metadata, annotations: { "serin.dev/config": config } } };
}
