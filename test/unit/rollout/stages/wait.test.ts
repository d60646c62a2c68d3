import { expect } from "chai";
import { flightOf } from "../../../../rollout/flight/flight.ts";
import { recordedWait, waitIn, waitingFor, waitOf } from "../../../../rollout/stages/wait.ts";
import { inFlight } from "../../../../rollout/view/view-of.ts";
import { type Wait, waits } from "../../../../rollout/workload/waits.ts";
import { canaryCondition } from "../../../../rollout/workload/writes.ts";
import { AT_NOON, aHeld } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const paused = (rollout = aRollout()) => {
  const { deployment } = rollout;
  return { ...rollout, deployment: { ...deployment, spec: { ...deployment.spec, paused: true } } };
};

describe("rollout/stages/wait", () => {
  it("is in the condition that a decision says", () => {
    for (const wait of waits) expect(waitIn(waitingFor(wait, ""))).to.equal(wait);
    expect(waitIn({ reason: "StableLost" })).to.equal("person");
    for (const reason of ["Progressing", "Promoting", "RolledBack"] as const)
      expect(waitIn({ reason })).to.equal(undefined);
  });

  it("is not written into the condition, whose fields are those of Kubernetes", () => {
    const written = canaryCondition(waitingFor("hook", "why"), AT_NOON);
    expect(written).to.have.all.keys(
      "type",
      "status",
      "reason",
      "message",
      "lastUpdateTime",
      "lastTransitionTime",
    );
    expect(written.reason).to.equal("Holding");
  });

  it("of another step counts no more", () => {
    const announced = { step: 1, waits: [], now: "hook" } as const;
    expect(recordedWait(aRollout({ run: { step: 1, announced } }), "Holding")).to.equal("hook");
    expect(recordedWait(aRollout({ run: { step: 0, announced } }), "Holding")).to.equal("evidence");
  });

  const rows: [string, ReturnType<typeof waitOf>, Wait | undefined][] = [
    ["a pause, whatever the condition says", waitOf(paused(), "evidence"), "person"],
    ["Serin's own pause", waitOf(paused(aRollout({ held: aHeld({ latched: true }) })), "pods"), "pods"],
    ["nothing told yet", waitOf(aRollout(), "pods"), "pods"],
    [
      "a refused write before the first weight",
      waitOf(aRollout({ run: { refusedSince: AT_NOON } }), "pods"),
      "api",
    ],
    [
      "a route that does not lead here",
      waitOf(aRollout({ run: { unroutedSince: AT_NOON } }), "pods"),
      "traffic",
    ],
    ["a step that goes on", waitOf(aRollout(), undefined), undefined],
  ];
  for (const [what, found, wait] of rows)
    it(`is ${wait ?? "nothing"} with ${what}`, () => expect(found).to.equal(wait));

  it("is the same for dashboards and for people", () => {
    for (const wait of waits) {
      const says = waitingFor(wait, "why");
      const rollout = aRollout({ run: { announced: { step: 0, waits: [], now: wait } } });
      const told = { conditions: [canaryCondition(says, AT_NOON)] };
      const deployment = { ...rollout.deployment, status: told };
      const seen = inFlight({ ...rollout, deployment }).waits?.reason;
      expect(seen).to.equal(wait);
      expect(flightOf(rollout, says).waiting).to.equal(wait === "evidence" ? undefined : wait);
    }
  });
});
