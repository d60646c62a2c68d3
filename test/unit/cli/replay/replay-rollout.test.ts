import { expect } from "chai";
import { otherPlan } from "../../../../cli/replay/other-settings.ts";
import { replayRollout } from "../../../../cli/replay/replay-rollout.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import type { ReplicaSet } from "../../../../kube/core/workloads.ts";
import { noEvidence } from "../../../../rollout/judge/fold.ts";
import { RUN } from "../../../../rollout/keys.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { formatRun, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import {
  AT_NOON,
  aDeployment,
  aReplicaSet,
  aRoute,
  aService,
  NOON,
  ownedByWeb,
} from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { FakePrometheus } from "../../evidence/metrics.ts";

const REVISION = "deployment.kubernetes.io/revision";
const END = NOON + 60_000;

/** Revision 2 of web, whose rollout at 10 % began at noon and ended a minute later; with another record if given. */
function version(run: Partial<RunRecord> = {}): ReplicaSet {
  const start = noEvidence({ since: NOON, from: NOON, tickMs: 5_000, phi: 1, bounds: [] });
  const record: RunRecord = {
    ...{ started: AT_NOON, outcome: "failed", step: 0, stepSince: AT_NOON, stable: "web1", message: "" },
    ...{ ended: instant(END), course: [{ step: 0, weight: 10, at: AT_NOON }] },
    evidence: { ...start, at: END },
    ...run,
  };
  const annotations = {
    ...{ "serin.dev/rollout": "canary", "serin.dev/steps": "10, 50" },
    ...{ [REVISION]: "2", [RUN]: formatRun(record) },
  };
  return aReplicaSet({ image: "web:2", meta: { ownerReferences: [ownedByWeb], annotations } });
}

/** Replays it from a Prometheus in which so many thousandths of the canary's requests failed. */
function replayed(
  canaryFails: number,
  { set = version(), revision = undefined as string | undefined, routes = true } = {},
) {
  const prometheus = new FakePrometheus();
  prometheus.serve("web", NOON, { canaryFails, stableFails: 0 });
  const lists: Record<string, readonly object[]> = {
    replicasets: [set],
    services: [aService()],
    httproutes: routes ? [{ ...aRoute(), kind: "HTTPRoute" }] : [],
  };
  const kube = {
    get: async () => aDeployment({ image: "web:2" }),
    list: async ({ plural }: { plural: string }) => ({ items: lists[plural] ?? [], resourceVersion: "1" }),
  } as unknown as Kube;
  return replayRollout(
    { kube, namespace: "shop" },
    {
      name: "web",
      revision,
      other: (plan) => otherPlan(plan, { margin: "50%" }),
      prometheus: () => prometheus,
    },
    new FakeClock(END + 3_600_000),
  );
}

const rejection = (promise: Promise<unknown>) => promise.then(String, (error: Error) => error.message);

describe("the replay of a rollout", () => {
  it("judges the ticks of its record by the plan of then, and by other settings", async () => {
    const { of, ticks, from, to, judgements } = await replayed(80);
    expect([of, ticks, from, to]).to.deep.equal(["deployment/web -n shop, revision 2", 12, NOON, END]);
    const [then, other] = judgements.map(([, judgement]) => judgement);
    expect(then?.harm?.says).to.match(/^errors\. canary \d+ of \d+ requests failed/);
    expect(then?.weights).to.deep.equal([{ weight: 10, from: NOON }]);
    expect(judgements[1]?.[0]).to.equal("margin=50%");
    expect(other?.harm).to.equal(undefined);
    expect(other?.progress?.requests).to.deep.equal({ canary: 600, stable: 5_400 });
  });

  it("says what differs from the counts in the record", async () => {
    const { notes, judgements } = await replayed(0);
    expect(judgements[0]?.[1].harm).to.equal(undefined);
    expect(notes).to.deep.equal([
      "the controller counted 0 requests of the canary and 0 of the stable version, and Prometheus now has 600 and 5400",
    ]);
  });

  it("says why there is nothing to judge", async () => {
    expect(await rejection(replayed(0, { revision: "7" }))).to.equal(
      "no rollout of revision 7 of deployment/web has a record; the revisions with one: 2",
    );
    const unweighted = version({ course: [] });
    expect(await rejection(replayed(0, { set: unweighted }))).to.match(
      /^nothing to judge .*: it had no traffic$/,
    );
    const bare = aReplicaSet({ meta: { ownerReferences: [ownedByWeb] } });
    expect(await rejection(replayed(0, { set: bare }))).to.match(
      /^no rollout of deployment\/web has a record/,
    );
  });
});
