import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import type { Content } from "../../../kube/client/digest.ts";
import { configMaps, deployments, namespaces } from "../../../kube/core/resources.ts";
import type { Container, Deployment, PodTemplate, Volume } from "../../../kube/core/workloads.ts";
import { pendingRecordOf } from "../../../rollout/tracking/pending.ts";
import type { AdmissionRequest, ReviewResponse } from "../../../webhook/review.ts";
import { admitTracked } from "../../../webhook/tracked.ts";
import { FakeApi } from "../../support/api.ts";
import { aDeployment, aHeld, aTemplate } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";

describe("webhook/tracked", () => {
  let api: FakeApi;
  let kube: Kube;
  const logged: unknown[] = [];
  const log = { ...noLog, info: (fields: object, message: string) => void logged.push(fields, message) };
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    api.add(namespaces, { metadata: { name: "shop" } });
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  /** Asks as the API server does, which stores the old object. */
  const ask = (
    object: Content,
    oldObject: Content,
    rest: Partial<AdmissionRequest> = {},
  ): Promise<ReviewResponse> => {
    const stored = oldObject.kind === "Secret" ? oldObject : api.put(configMaps, oldObject);
    const { resourceVersion = "" } = object.metadata;
    const isCurrent = resourceVersion === oldObject.metadata.resourceVersion;
    const { resourceVersion: current = "" } = stored.metadata;
    const sent = isCurrent ? current : resourceVersion;
    return answer({ ...object, metadata: { ...object.metadata, resourceVersion: sent } }, stored, rest);
  };
  const answer = (object: Content, oldObject: Content, rest: Partial<AdmissionRequest> = {}) =>
    admitTracked({ kube, namespace: "serin-system", clock: hastyClock, log })({
      uid: "u",
      kind: { group: "", version: "v1", kind: object.kind ?? "" },
      operation: "UPDATE",
      object,
      oldObject,
      ...rest,
    } as AdmissionRequest<Content>);
  const add = (deployment: Deployment) => api.add(deployments, deployment);
  const changeOf = async (name = "web") =>
    pendingRecordOf(await kube.get<Deployment>(deployments, { namespace: "shop", name }))?.changes;
  const warnings = (verdict: ReviewResponse) => (verdict.allowed ? (verdict.warnings ?? []) : ["denied"]);

  it("marks a Deployment among many with long templates that do not use what changed", async () => {
    add(aDeployment({ template: using({ envFrom: [{ configMapRef: { name: "web" } }] }) }));
    const args = ["x".repeat(100_000)];
    for (let i = 0; i < 60; i += 1)
      add(aDeployment({ template: using({ args } as never), meta: { name: `other-${i}` } }));
    const verdict = await ask(aConfigMap({ a: "2" }), aConfigMap({ a: "1" }));
    expect(warnings(verdict)).to.deep.equal([
      "configmap/web changed: a canary of the same image starts of Deployment web",
    ]);
  });

  it("marks every opted-in Deployment that uses what changed, and says so", async () => {
    add(aDeployment({ template: using({ envFrom: [{ configMapRef: { name: "web" } }] }) }));
    add(
      aDeployment({
        template: using({ envFrom: [{ configMapRef: { name: "web" } }] }),
        meta: { name: "api" },
      }),
    );
    add(
      aDeployment({
        template: using({ envFrom: [{ secretRef: { name: "web" } }] }),
        meta: { name: "other" },
      }),
    );
    const plain = aDeployment({ template: using({ envFrom: [{ configMapRef: { name: "web" } }] }) });
    add({ ...plain, metadata: { ...plain.metadata, name: "plain", annotations: {} } });

    const verdict = await ask(aConfigMap({ a: "2" }), aConfigMap({ a: "1" }));
    expect(warnings(verdict)).to.deep.equal([
      "configmap/web changed: a canary of the same image starts of Deployment web, api",
    ]);
    expect(verdict).to.not.have.property("object");
    expect(await changeOf()).to.have.all.keys("configmap/web");
    expect(await changeOf("api")).to.have.all.keys("configmap/web");
    expect(await changeOf("other")).to.equal(undefined);
    expect(await changeOf("plain")).to.equal(undefined);
    const { metadata } = await kube.get<Deployment>(deployments, { namespace: "shop", name: "web" });
    expect(metadata.labels).to.deep.include({ "serin.dev/flight": "uid-web" });
  });

  it("takes a second change to the first one", async () => {
    add(aDeployment({ template: using({ envFrom: [{ configMapRef: { name: "web" } }] }) }));
    await ask(aConfigMap({ a: "2" }), aConfigMap({ a: "1" }));
    const first = (await changeOf())?.["configmap/web"];
    await ask(aConfigMap({ a: "3" }), aConfigMap({ a: "2" }));
    const both = (await changeOf())?.["configmap/web"];
    expect(both?.from).to.equal(first?.from);
    expect(both?.to).to.not.equal(first?.to);
  });

  it("looks at the keys that the pods use", async () => {
    const valueFrom = { secretKeyRef: { name: "db", key: "password" } };
    add(aDeployment({ template: using({ env: [{ name: "A", valueFrom }] }) }));
    const secret = (data: Record<string, string>) => aConfigMap(data, { kind: "Secret", name: "db" });
    await ask(secret({ password: "x", other: "2" }), secret({ password: "x", other: "1" }));
    expect(await changeOf()).to.equal(undefined);
    await ask(secret({ password: "y" }), secret({ password: "x" }));
    expect(await changeOf()).to.have.all.keys("secret/db");
    expect(JSON.stringify(logged))
      .to.include("secret/db")
      .and.not.match(/password|"y"/);
  });

  it("warns of volumes, and where no canary is possible", async () => {
    const volumes = [{ name: "v", configMap: { name: "web" } }];
    const template = using({ volumeMounts: [{ name: "v", mountPath: "/v" }] }, volumes);
    add(aDeployment({ template }));
    add(aDeployment({ template, meta: { name: "one" }, strategy: { type: "Recreate" } }));
    add(aDeployment({ template, meta: { name: "off" }, annotations: { "serin.dev/track": "off" } }));
    const said = warnings(await ask(aConfigMap({ a: "2" }), aConfigMap({ a: "1" })));
    expect(said).to.have.length(3);
    expect(said[0]).to.include("of Deployment web");
    expect(said[1]).to.include("no canary of Deployment one (strategy Recreate or no replicas)");
    expect(said[2]).to.include("the running pods of Deployment web, one see the change");
    expect(await changeOf("one")).to.equal(undefined);
    expect(await changeOf("off")).to.equal(undefined);
  });

  it("asks in flight what the rollout began with, not what is the default by now", async () => {
    const held = aHeld({ defaults: [{ from: "namespace", name: "shop", values: { track: "off" } }] });
    const annotations = { "serin.dev/held": JSON.stringify(held) };
    add(aDeployment({ annotations, template: using({ envFrom: [{ configMapRef: { name: "web" } }] }) }));
    expect(warnings(await ask(aConfigMap({ a: "2" }), aConfigMap({ a: "1" })))).to.deep.equal([]);
    expect(await changeOf()).to.equal(undefined);
  });

  it("marks nothing for a forged ConfigMap: not stored, of another UID or of another version", async () => {
    add(aDeployment({ template: using({ envFrom: [{ configMapRef: { name: "web" } }] }) }));
    const forge = (metadata: object) => {
      const oldObject = aConfigMap({ a: "1" });
      return { ...oldObject, metadata: { ...oldObject.metadata, ...metadata } };
    };
    await answer(aConfigMap({ a: "2" }), forge({}));
    const { uid, resourceVersion } = api.put(configMaps, aConfigMap({ a: "1" })).metadata;
    await answer(aConfigMap({ a: "2" }), forge({ uid: "uid-other", resourceVersion }));
    await answer(aConfigMap({ a: "2" }), forge({ uid, resourceVersion: "1" }));
    await answer(aConfigMap({ a: "2" }), forge({ uid, resourceVersion: undefined }));
    await answer(
      aConfigMap({ a: "1" }, { resourceVersion }),
      forge({ uid, resourceVersion, data: { a: "x" } }),
    );
    expect(api.requests.filter(({ method }) => method !== "GET")).to.deep.equal([]);
  });

  it("marks nothing on a dry run, with another content that is none, nor where the object is not stored or not opted in", async () => {
    add(aDeployment({ template: using({ envFrom: [{ configMapRef: { name: "web" } }] }) }));
    const old = aConfigMap({ a: "1" });
    expect(warnings(await ask(aConfigMap({ a: "2" }), old, { dryRun: true }))).to.have.length(1);
    await ask(aConfigMap({ a: "1" }), old);
    await ask(aConfigMap({ a: "2" }, { resourceVersion: "6" }), old);
    await ask(aConfigMap({ a: "2" }, { labels: {} }), old);
    await ask(aConfigMap({ a: "2" }), { ...old, immutable: true });
    expect(api.requests.filter(({ method }) => method !== "GET")).to.deep.equal([]);
  });
});

function aConfigMap(
  data: Record<string, string>,
  {
    kind = "ConfigMap",
    name = "web",
    labels = { "serin.dev/track": "true" } as object,
    resourceVersion = "7",
  } = {},
): Content {
  const metadata = {
    name,
    namespace: "shop",
    uid: `uid-${name}`,
    resourceVersion,
    labels: labels as Record<string, string>,
  };
  return { apiVersion: "v1", kind, metadata, data };
}

function using(container: Container, volumes: Volume[] = []): PodTemplate {
  return { ...aTemplate(), spec: { containers: [{ name: "main", image: "web:1", ...container }], volumes } };
}
