import { expect } from "chai";
import { refuseInFlight } from "../../../../cli/migration/reading.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { formatHoldRecord, type HoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { aDeployment, aHeld } from "../../../support/builders.ts";

const placeOf = (annotations: Record<string, string>) => {
  const kube = { get: async () => aDeployment({ annotations }) };
  return { kube: kube as never, namespace: "shop", name: "web" };
};

const refused = (phase: HoldRecord["phase"], lost = false) =>
  refuseInFlight(placeOf({ [HELD]: formatHoldRecord(aHeld({ phase, ...(lost && { lost }) })) })).catch(
    String,
  );

describe("a migration of a Deployment that Serin has in flight", () => {
  it("is refused, because a step would take Serin's canary Service for the other tool's", async () => {
    await refuseInFlight(placeOf({}));
    for (const phase of ["canary", "promoting", "undone"] as const)
      expect(await refused(phase)).to.equal(
        "Error: deployment/web is in flight with Serin: kubectl serin status web -n shop --wait, then the same command again",
      );
  });

  it("is refused after a failure, which no wait ends, with the command that ends it", async () => {
    expect(await refused("failed")).to.equal(
      "Error: deployment/web has a version that Serin rolled back: kubectl serin undo web -n shop, then the same command again",
    );
    expect(await refused("failed", true)).to.equal(
      "Error: deployment/web has a version that Serin rolled back: kubectl serin promote web -n shop, then the same command again",
    );
  });
});
