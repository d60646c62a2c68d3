import { expect } from "chai";
import { listRollouts } from "../../../../cli/reading/rollouts.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import { deployments, replicaSets, services } from "../../../../kube/core/resources.ts";
import { FLIGHT, HELD, RUN } from "../../../../rollout/keys.ts";
import { formatServiceRecord } from "../../../../rollout/traffic/service-record.ts";
import { formatHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { formatRun } from "../../../../rollout/workload/run-record.ts";
import { FakeApi } from "../../../support/api.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aService,
  NOON,
  ownedByWeb,
} from "../../../support/builders.ts";

const flight = { [FLIGHT]: "uid-web" };
const owned = { ownerReferences: [ownedByWeb] };

describe("the list of rollouts that kubectl serin reads", () => {
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

  it("says that a version that was rolled back has no traffic, although a pod of it is kept", async () => {
    const annotations = { [HELD]: formatHoldRecord(aHeld({ phase: "failed" })) };
    const given = aDeployment({ image: "web:2", annotations });
    api.add(deployments, { ...given, metadata: { ...given.metadata, labels: flight } });
    const run = { started: AT_NOON, outcome: "failed", step: 0, stepSince: AT_NOON, stable: "web1" } as const;
    const of = (hash: string) => ({ ...owned, labels: { ...flight, app: "web", "pod-template-hash": hash } });
    api.add(replicaSets, aReplicaSet({ replicas: 2, meta: of("web1") }));
    const record = { [RUN]: formatRun({ ...run, message: "rolled back" }) };
    api.add(
      replicaSets,
      aReplicaSet({ image: "web:2", replicas: 1, meta: { ...of("web2"), annotations: record } }),
    );
    const was = formatServiceRecord({ selector: { app: "web" }, since: AT_NOON });
    const selector = { app: "web", "pod-template-hash": "web1" };
    api.add(services, aService({ selector, meta: { labels: flight, annotations: { [HELD]: was } } }));

    const clock = { now: () => NOON + 60_000 };
    for (const all of [false, true])
      for (const namespace of ["shop", undefined]) {
        const [listed] = await listRollouts(kube, { namespace, selector: undefined, all }, clock);
        expect(listed?.view).to.deep.include({ state: "rolled-back", traffic: { canary: 0, stable: 100 } });
      }
  });
});
