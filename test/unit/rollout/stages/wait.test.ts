import { expect } from "chai";
import { flightOf } from "../../../../rollout/flight/flight.ts";
import { type Wait, waitIn, waitingFor, waitOf } from "../../../../rollout/stages/wait.ts";
import { inFlight } from "../../../../rollout/view/view-of.ts";
import { canaryCondition } from "../../../../rollout/workload/writes.ts";
import { AT_NOON, aHeld } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const EVERY: readonly Wait[] = ["person", "hook", "traffic", "metrics", "api", "pods", "evidence"];
const paused = (rollout = aRollout()) => {
  const { deployment } = rollout;
  return { ...rollout, deployment: { ...deployment, spec: { ...deployment.spec, paused: true } } };
};

describe("rollout/stages/wait", () => {
  it("has a reason of the condition for each wait, and finds the wait in the reason", () => {
    for (const wait of EVERY) expect(waitIn(waitingFor(wait, "").reason)).to.equal(wait);
    for (const reason of ["Progressing", "Promoting", "StableLost", undefined])
      expect(waitIn(reason)).to.equal(undefined);
  });

  const rows: [string, ReturnType<typeof waitOf>, Wait | undefined][] = [
    ["a pause, whatever the condition says", waitOf(paused(), "Holding"), "person"],
    ["Serin's own pause", waitOf(paused(aRollout({ held: aHeld({ latched: true }) })), "Preparing"), "pods"],
    ["nothing told yet", waitOf(aRollout()), "pods"],
    ["a refused write before the first weight", waitOf(aRollout({ run: { refusedSince: AT_NOON } })), "api"],
    ["a route that does not lead here", waitOf(aRollout({ run: { unroutedSince: AT_NOON } })), "traffic"],
    ["a step that goes on", waitOf(aRollout(), "Progressing"), undefined],
  ];
  for (const [what, found, wait] of rows)
    it(`is ${wait ?? "nothing"} with ${what}`, () => expect(found).to.equal(wait));

  it("is the same for dashboards and for people", () => {
    for (const wait of EVERY) {
      const says = waitingFor(wait, "why");
      const rollout = aRollout();
      const told = { conditions: [canaryCondition(says, AT_NOON)] };
      const deployment = { ...rollout.deployment, status: told };
      const seen = inFlight({ ...rollout, deployment }).waits?.reason;
      expect(seen).to.equal(wait);
      expect(flightOf(rollout, says).waiting).to.equal(wait === "evidence" ? undefined : wait);
    }
  });
});
