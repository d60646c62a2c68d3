import { expect } from "chai";
import { tracker } from "../../../../controller/reconcile/tracking.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import { digestOf } from "../../../../kube/client/digest.ts";
import { isConflict } from "../../../../kube/client/errors.ts";
import { configMaps, deployments, replicaSets } from "../../../../kube/core/resources.ts";
import type { Deployment, ReplicaSet } from "../../../../kube/core/workloads.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { formatHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { FakeApi } from "../../../support/api.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aSnapshot,
  aTemplate,
  NOON,
  ownedByWeb,
} from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";

const at = { namespace: "shop", name: "web" };
const map = (a: string) => ({ metadata: { ...at, uid: "uid-map" }, data: { a } });
const [one, two] = [digestOf(map("1"), "all"), digestOf(map("2"), "all")];

describe("controller/track", () => {
  let api: FakeApi;
  let kube: Kube;
  let clock: FakeClock;
  let snapshot: Snapshot | undefined;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    clock = new FakeClock(NOON + 2_000);
    snapshot = undefined;
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  const read = () => kube.get<Deployment>(deployments, at);
  const configOf = ({ spec }: Deployment) => spec.template.metadata?.annotations?.["serin.dev/config"];
  const add = (
    annotations: Record<string, string> = {},
    change = { from: one, to: two },
    ofTemplate?: Record<string, string>,
  ) => {
    const changed = { at: AT_NOON, changes: { "configmap/web": change } };
    const template = {
      metadata: { ...aTemplate().metadata, ...(ofTemplate && { annotations: ofTemplate }) },
      spec: { containers: [{ name: "main", envFrom: [{ configMapRef: { name: "web" } }] }] },
    };
    api.add(
      deployments,
      aDeployment({
        template,
        annotations: { "serin.dev/changed": JSON.stringify(changed), ...annotations },
        meta: { labels: { "serin.dev/flight": "uid-web" } },
      }),
    );
  };
  const track = async () => {
    const deployment = await read();
    const caches = { deployment: () => deployment, apply: () => {} };
    const observer = { observe: async () => snapshot };
    return tracker({ kube, caches, observer, clock, log: noLog })("uid-web");
  };

  it("makes a version of what is stored, under its own name, and forgets the mark with it", async () => {
    add();
    api.add(configMaps, map("2"));
    expect(await track()).to.equal(undefined);
    const deployment = await read();
    expect(configOf(deployment)).to.equal(`configmap/web=${one}..${two}`);
    expect(deployment.metadata.annotations).to.not.have.property("serin.dev/changed");
    const patch = api.requests.find(({ method }) => method === "PATCH");
    expect(patch?.query.get("fieldManager")).to.equal("serin-track");
    expect(await track(), "done").to.equal(undefined);
  });

  it("waits for what is not stored yet", async () => {
    add();
    api.add(configMaps, map("1"));
    expect(await track()).to.equal(1_000);
    expect(configOf(await read())).to.equal(undefined);
  });

  it("restores the stable template when the content comes back in flight", async () => {
    const change = { from: two, to: one };
    const template = { "serin.dev/config": `configmap/web=${one}..${two}` };
    add({ "serin.dev/held": formatHoldRecord(aHeld()) }, change, template);
    snapshot = aSnapshot({ replicaSets: [aReplicaSet()] });
    api.add(configMaps, map("1"));
    await track();
    const { metadata, spec } = await read();
    expect(spec.template.metadata?.annotations ?? {}).to.deep.equal({});
    expect(metadata.annotations).to.not.have.property("serin.dev/changed");
    expect(metadata.labels, "the rollout's mark").to.have.property("serin.dev/flight");
  });

  it("tries a refused version again, then reports the reason and leaves no trace", async () => {
    add();
    api.add(configMaps, map("2"));
    const ownerReferences = [ownedByWeb];
    const annotations = { "serin.dev/changed": "a copy" };
    const labels = { app: "web" };
    api.add(replicaSets, aReplicaSet({ meta: { ownerReferences, annotations, labels } }));
    const refuse = { status: 403, message: "serin: a changed ConfigMap restarts no pods" };
    api.faults.push(({ query }) => (query.get("fieldManager") === "serin-track" ? refuse : undefined));
    expect(await track()).to.equal(5_000);
    await clock.advance(120_000);
    expect(await track()).to.equal(undefined);
    const { metadata } = await read();
    expect(metadata.annotations).to.not.have.property("serin.dev/changed");
    expect(metadata.labels ?? {}).to.not.have.property("serin.dev/flight");
    const { items } = await kube.list<ReplicaSet>(replicaSets, { namespace: "shop" });
    expect(items[0]?.metadata.annotations ?? {}).to.not.have.property("serin.dev/changed");
    expect(api.requests.filter(({ path }) => path.endsWith("/events"))).to.have.length(1);
  });

  it("throws when another writer was faster, so that the queue waits longer each time", async () => {
    add();
    api.add(configMaps, map("2"));
    api.faults.push(({ method }) => (method === "PATCH" ? { status: 409, message: "conflict" } : undefined));
    const error = await track().catch((reason: unknown) => reason);
    expect(isConflict(error)).to.equal(true);
  });
});
