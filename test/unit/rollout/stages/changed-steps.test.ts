import { expect } from "chai";
import { grantedExposure, wantedSurge } from "../../../../rollout/stages/snapshot.ts";
import { aRollout } from "../../../support/rollout.ts";

describe("a plan whose steps change in flight", () => {
  const granted = (steps: string) => {
    const run = { step: 2, granted: 25 };
    const snapshot = aRollout({ annotations: { "serin.dev/steps": steps }, run, weight: 25 });
    return [grantedExposure(snapshot).weight, wantedSurge(snapshot)];
  };

  it("gives the canary no weight beyond the one that it was granted, nor pods for it", () => {
    expect(granted("5, 10, 25"), "the same plan").to.deep.equal([25, "25%"]);
    expect(granted("25, 50, 75, 100")).to.deep.equal([25, "25%"]);
    expect(granted("5, 10, 15, 20, 25"), "less at once").to.deep.equal([15, "15%"]);
  });
});
