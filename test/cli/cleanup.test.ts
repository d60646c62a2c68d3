import { expect } from "chai";
import { cleanUp } from "../../cli/cleanup.ts";
import { deployments, replicaSets } from "../../kube/resources.ts";
import type { Kube } from "../../kube/rest.ts";
import { withHeld } from "../../rollout/hold.ts";
import { FLIGHT, HELD } from "../../rollout/keys.ts";
import { FakeApi } from "../support/api.ts";
import { aDeployment, aHeld, aReplicaSet } from "../support/builders.ts";
import { hastyClock } from "../support/clock.ts";

describe("the clean-up command", () => {
  let api: FakeApi;
  let kube: Kube;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  it("takes the record off ReplicaSets that no controller had marked", async () => {
    const old = aDeployment();
    const status = { observedGeneration: 1, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
    const deployment = { ...withHeld(old, aHeld({ phase: "undone" }), old), status };
    const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-web" }];
    const annotations = { [HELD]: deployment.metadata.annotations?.[HELD] ?? "" };
    api.add(deployments, deployment);
    api.add(replicaSets, aReplicaSet({ meta: { ownerReferences, annotations } }));
    await cleanUp({ kube, clock: hastyClock, say: () => {}, patienceMs: 5_000 });
    const { items } = await kube.list(replicaSets, {});
    for (const { metadata } of items) {
      expect(metadata.annotations ?? {}).to.not.have.property(HELD);
      expect(metadata.labels ?? {}).to.not.have.property(FLIGHT);
    }
    expect(items).to.have.length(1);
  });
});
