import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { needsDefaultSources } from "../../../../rollout/admission/needs-layers.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { type HoldRecord, holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { annotate, edit, inFlight } from "../../../support/ask.ts";
import { aDeployment } from "../../../support/builders.ts";

describe("which requests need the defaults", () => {
  const withoutRecord = (deployment: Deployment): Deployment => {
    const { [HELD]: _held, ...annotations } = deployment.metadata.annotations ?? {};
    return { ...deployment, metadata: { ...deployment.metadata, annotations } };
  };
  const recordOf = (deployment: Deployment, change: Partial<HoldRecord>) => ({
    [HELD]: JSON.stringify({ ...holdRecordOf(deployment), ...change }),
  });
  const slow = { "serin.dev/profile": "slow" };
  const atRest = aDeployment({ annotations: slow });
  const held = annotate(inFlight(), slow);
  const other = { ...atRest, metadata: { ...atRest.metadata, annotations: {} } };
  const cases: [string, boolean, Deployment, Deployment | null][] = [
    ["CREATE with the opt-in alone", false, aDeployment(), null],
    ["CREATE with a profile", true, atRest, null],
    ["CREATE without opt-in", false, other, null],
    ["a scale", false, edit(atRest, { replicas: 9 }), atRest],
    ["another program's annotation", false, annotate(atRest, { x: "y" }), atRest],
    ["an order at rest", false, annotate(atRest, { "serin.dev/promote": "1" }), atRest],
    ["another plan", true, annotate(atRest, { "serin.dev/interval": "5s" }), atRest],
    ["a profile that goes", true, aDeployment(), atRest],
    ["another template", true, edit(atRest, {}, "web:2"), atRest],
    ["another template without opt-in", false, edit(other, {}, "web:2"), other],
    ["another plan in flight", false, annotate(held, { "serin.dev/interval": "5s" }), held],
    ["another profile in flight", true, annotate(held, { "serin.dev/profile": "fast" }), held],
    ["an abort in flight", false, annotate(held, { "serin.dev/abort": "2" }), held],
    ["a retry", true, annotate(held, { "serin.dev/retry": "2" }), held],
    [
      "Serin's answer to a retry",
      true,
      annotate(held, recordOf(held, { started: "2026-01-02T00:00:00Z" })),
      held,
    ],
    ["Serin's answer to an abort", false, annotate(held, recordOf(held, { asked: "abort" })), held],
    ["a manifest in flight", false, withoutRecord(held), held],
    ["a user's own record", false, annotate(held, { [HELD]: "x" }), held],
  ];
  for (const [request, needs, requested, old] of cases)
    it(`${request}: ${needs ? "does" : "does not"}`, () =>
      expect(needsDefaultSources(requested, old)).to.equal(needs));
});
