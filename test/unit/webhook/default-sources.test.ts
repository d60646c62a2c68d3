import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import { configMaps, deployments, namespaces, replicaSets, services } from "../../../kube/core/resources.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { holdRecordOf } from "../../../rollout/workload/hold-record.ts";
import { readDefaultSources } from "../../../webhook/default-sources.ts";
import { admitDeployments } from "../../../webhook/deployments.ts";
import type { AdmissionRequest } from "../../../webhook/review.ts";
import type { FakeApi } from "../../support/api.ts";
import { annotate } from "../../support/ask.ts";
import { aDeployment, aReplicaSet, aService, ownedByWeb } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";
import { openFollowed } from "../../support/route-index.ts";

const home = "serin-system";
const labels = { "serin.dev/profile": "true" };
const slow = { "serin.dev/profile": "slow" };

describe("webhook/default-sources", () => {
  let api: FakeApi;
  let kube: Kube;
  let index: RouteIndex;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ api, kube, index, close } = await openFollowed());
    const ownerReferences = [ownedByWeb];
    api.add(
      replicaSets,
      aReplicaSet({ meta: { ownerReferences, labels: { app: "web", "pod-template-hash": "web1" } } }),
    );
    api.add(services, aService());
    api.add(deployments, aDeployment());
    api.add(namespaces, { metadata: { name: "shop", annotations: { "serin.dev/interval": "3s" } } });
    api.add(configMaps, { metadata: { name: "slow", namespace: home, labels }, data: { steps: "7" } });
    api.add(configMaps, { metadata: { name: "plain", namespace: home }, data: { steps: "7" } });
  });
  afterEach(() => close());

  const ask = (object: Deployment, oldObject: Deployment | null) => {
    const kind = { group: "apps", version: "v1", kind: "Deployment" };
    const operation = oldObject === null ? "CREATE" : "UPDATE";
    const stored = oldObject && api.put(deployments, oldObject);
    const request = { uid: "u", kind, operation, object, oldObject: stored } as AdmissionRequest<Deployment>;
    return admitDeployments({ kube, index, namespace: home, hookHosts: [], clock: hastyClock, log: noLog })(
      request,
    );
  };
  const paths = () => api.requests.map(({ path }) => path.replace(/^\/api\/v1/, ""));
  const profilePath = `/namespaces/${home}/configmaps/slow`;

  it("reads one namespace, and one profile if one is named", async () => {
    const namespace = { name: "shop", annotations: { "serin.dev/interval": "3s" } };
    expect(await readDefaultSources(kube, home, aDeployment())).to.deep.equal({ namespace });
    expect(await readDefaultSources(kube, home, aDeployment({ annotations: slow }))).to.deep.equal({
      namespace,
      profile: { name: "slow", values: { steps: "7" } },
    });
    expect(paths()).to.deep.equal(["/namespaces/shop", "/namespaces/shop", profilePath]);
  });

  it("takes no ConfigMap without the label, and lists the profiles", async () => {
    for (const name of ["plain", "absent"]) {
      const annotations = { "serin.dev/profile": name };
      const { profile } = await readDefaultSources(kube, home, aDeployment({ annotations }));
      expect(profile).to.deep.equal({ name, others: ["slow"] });
    }
  });

  it("is asked for nothing when neither template nor plan changes", async () => {
    const old = aDeployment({ annotations: slow });
    expect(await ask(aDeployment({ annotations: slow, replicas: 2 }), old)).to.deep.include({
      allowed: true,
    });
    expect(api.requests).to.deep.equal([]);
  });

  it("checks the plan of a CREATE with its profile", async () => {
    expect(await ask(aDeployment({ annotations: slow }), null)).to.deep.include({ allowed: true });
    expect(paths()).to.deep.equal(["/namespaces/shop", profilePath]);
    api.change(configMaps, `${home}/slow`, { data: { steps: "10, 5" } });
    const refused = await ask(aDeployment({ annotations: slow }), null);
    expect(refused.allowed ? "" : refused.message).to.contain("profile slow: steps");
    const unknown = await ask(annotate(aDeployment(), { "serin.dev/profile": "slo" }), null);
    expect(unknown.allowed ? "" : unknown.message).to.equal(
      "serin.dev/profile: profile slo not found; did you mean slow?",
    );
  });

  it("begins a rollout with what it reads", async () => {
    const old = aDeployment({ annotations: slow });
    const verdict = await ask(aDeployment({ annotations: slow, image: "web:2" }), old);
    expect(verdict.allowed && holdRecordOf(verdict.object as Deployment)?.defaults).to.deep.equal([
      { from: "profile", name: "slow", values: { steps: "7" } },
      { from: "namespace", name: "shop", values: { interval: "3s" } },
    ]);
  });

  it("fails as the API server does, instead of taking its own defaults", async () => {
    api.faults.push(({ path }) => (path.endsWith(profilePath) ? { status: 403, message: "no" } : undefined));
    const failure = await ask(aDeployment({ annotations: slow }), null).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error);
  });
});
