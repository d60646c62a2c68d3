import { expect } from "chai";
import type { Route } from "../../../../kube/core/routes.ts";
import type { Write } from "../../../../kube/core/writes.ts";
import { FLIGHT, RUN } from "../../../../rollout/keys.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { snapshotOf } from "../../../../rollout/stages/snapshot-of.ts";
import { formatHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { formatRun, lastRunOf, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import { removeRunRecord } from "../../../../rollout/workload/writes.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  NOON,
  ownedByWeb,
} from "../../../support/builders.ts";
import { carrying } from "../../../support/rollout.ts";

const KEY = "HTTPRoute/edge/far";
const far = aRoute({
  kind: "HTTPRoute",
  backends: [{ name: "web", namespace: "shop", port: 80 }],
  meta: { name: "far", namespace: "edge" },
});
const begun: RunRecord = {
  started: AT_NOON,
  outcome: "running",
  step: 0,
  stepSince: AT_NOON,
  stable: "web1",
  message: "",
};

/** The rollout of `web:2` without any ReferenceGrant, as a leader sees it that has just started. */
function seen({
  run = {},
  held = {},
  routes = [carrying(far, 50, NOON)],
}: {
  run?: Partial<RunRecord>;
  held?: Parameters<typeof aHeld>[0];
  routes?: readonly Route[];
}) {
  const annotations = { "serin.dev/held": formatHoldRecord(aHeld(held)) };
  const owned = (hash: string) => ({
    ownerReferences: [ownedByWeb],
    labels: { [FLIGHT]: "uid-web", "pod-template-hash": hash },
  });
  const canary = aReplicaSet({
    image: "web:2",
    meta: { ...owned("web2"), annotations: { [RUN]: formatRun({ ...begun, ...run }) } },
  });
  const snapshot = snapshotOf({
    now: NOON + 60_000,
    deployment: aDeployment({ image: "web:2", annotations }),
    replicaSets: [aReplicaSet({ meta: owned("web1") }), canary],
    services: [aService()],
    marked: [],
    routes,
    grants: [],
    endpointSlices: [],
    pods: [],
  });
  if (snapshot === undefined) throw new Error("nothing is in flight");
  return snapshot;
}

const written = (writes: readonly Write[]) =>
  writes.flatMap((write) => ("kind" in write && write.kind === "httproutes" ? [write.name] : []));

describe("a route of another namespace whose ReferenceGrant was revoked", () => {
  it("is drained by another leader if the rollout's own record names it", () => {
    const aborted = seen({ run: { foreignRoutes: [KEY] }, held: { asked: "abort" } });
    expect(written(decide(aborted).writes)).to.deep.equal(["far"]);
    const failed = seen({ run: { foreignRoutes: [KEY], outcome: "failed" }, held: { phase: "failed" } });
    expect(written(decide(failed).writes)).to.deep.equal(["far"]);
  });

  it("is drained for a version that supersedes the one that gave it the share", () => {
    const earlier = { started: "2025-12-31T12:00:00.000Z", foreignRoutes: [KEY] };
    const superseding = seen({ run: earlier, held: { latched: true } });
    expect(written(decide(superseding).writes)).to.deep.equal(["far"]);
  });

  it("does not count without that record, or without a share, because anyone can write one or the other", () => {
    expect(seen({}).routes).to.deep.equal([]);
    expect(seen({ run: { foreignRoutes: [KEY] }, routes: [far] }).routes).to.deep.equal([]);
    expect(seen({ run: { foreignRoutes: ["GRPCRoute/edge/far"] } }).routes).to.deep.equal([]);
  });

  it("is forgotten at the end of the rollout", () => {
    const write = removeRunRecord(aReplicaSet(), { ...begun, outcome: "promoted", foreignRoutes: [KEY] });
    const { annotations } = (
      write as unknown as { body: { metadata: { annotations: Record<string, string> } } }
    ).body.metadata;
    expect(lastRunOf(aReplicaSet({ meta: { annotations } }))).to.deep.equal({
      ...begun,
      outcome: "promoted",
    });
  });
});
