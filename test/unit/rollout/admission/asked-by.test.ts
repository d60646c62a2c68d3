import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { admitUpdate, changesTemplate } from "../../../../rollout/admission/admit.ts";
import { auditOf, withAuthor } from "../../../../rollout/admission/asked-by.ts";
import type { ClusterState } from "../../../../rollout/admission/change.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { annotate, both, edit, inFlight, LATER } from "../../../support/ask.ts";
import { AT_NOON, aDeployment, readsOf } from "../../../support/builders.ts";

/** The requests in the record of the answer, as `user verb`, and the audit annotations. */
function asked(requested: Deployment, old: Deployment, reads: ClusterState = readsOf(), user = "alice") {
  const cluster = changesTemplate(requested, old) ? reads : undefined;
  const { replicaSets } = reads;
  const said = admitUpdate(requested, old, cluster, LATER, undefined, { replicaSets });
  const answer = withAuthor(said, old, user, LATER);
  if (!answer.allowed) throw new Error(answer.message);
  const requests = holdRecordOf(answer.object)?.requests;
  return {
    requests: requests?.map(({ user, verb }) => `${user} ${verb}`),
    audit: auditOf(answer, old),
    answer,
  };
}

const begun = [{ user: "bob", verb: "update", at: AT_NOON }] as const;
const flight = inFlight({ held: { requests: begun } });
const failed = inFlight({ held: { phase: "failed", requests: begun } });
const order = (name: string, old = flight) => annotate(old, { [`serin.dev/${name}`]: "2" });
const rollout = AT_NOON;

describe("who asked", () => {
  const table: [string, Deployment, Deployment, ClusterState, string[], Record<string, string>][] = [
    [
      "for a canary",
      aDeployment({ image: "web:2" }),
      aDeployment(),
      readsOf(),
      ["alice update"],
      { rollout: LATER, decision: "canary started" },
    ],
    [
      "for a superseding one",
      edit(flight, {}, "web:3"),
      flight,
      both,
      ["alice update"],
      { rollout: LATER, decision: "superseding: canary waits" },
    ],
    [
      "to promote",
      order("promote"),
      flight,
      both,
      ["bob update", "alice promote"],
      { rollout, decision: "order promote" },
    ],
    [
      "to abort",
      order("abort"),
      flight,
      both,
      ["bob update", "alice abort"],
      { rollout, decision: "order abort" },
    ],
    [
      "to retry",
      order("retry", failed),
      failed,
      both,
      ["alice retry"],
      { rollout: LATER, decision: "order retry" },
    ],
    [
      "to undo",
      edit(flight, {}, "web:1"),
      flight,
      both,
      ["bob update", "alice undo"],
      { rollout, decision: "undo" },
    ],
    ["for something else", edit(flight, { replicas: 9 }), flight, both, ["bob update"], {}],
  ];
  for (const [what, requested, old, reads, requests, audit] of table) {
    it(`${what} is in the record and in the audit log`, () => {
      const said = asked(requested, old, reads);
      expect(said.requests).to.deep.equal(requests);
      expect(said.audit).to.deep.equal(audit);
    });
  }

  it("keeps the first request and the last one", () => {
    const promoted = asked(order("promote"), flight, both).answer.object;
    expect(asked(order("abort", promoted), promoted, both, "carol").requests).to.deep.equal([
      "bob update",
      "carol abort",
    ]);
  });

  it("says when a template is not judged, and nothing of a request without a new template", () => {
    const recreate = aDeployment({ image: "web:2", strategy: { type: "Recreate" } });
    expect(asked(recreate, aDeployment()).audit).to.deep.equal({ decision: "native rolling update" });
    expect(asked(aDeployment({ replicas: 2 }), aDeployment()).audit).to.deep.equal({});
  });

  it("cuts a long name and keeps control characters out of messages", () => {
    const { answer } = asked(
      aDeployment({ image: "web:2" }),
      aDeployment(),
      readsOf(),
      `a\nb${"x".repeat(300)}`,
    );
    expect(holdRecordOf(answer.object)?.requests?.[0]?.user).to.equal(`a b${"x".repeat(250)}`);
  });
});
