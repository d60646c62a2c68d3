import { expect } from "chai";
import { refuseInFlight } from "../../../../cli/migration/reading.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { formatHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { aDeployment, aHeld } from "../../../support/builders.ts";

const placeOf = (annotations: Record<string, string>) => {
  const kube = { get: async () => aDeployment({ annotations }) };
  return { kube: kube as never, namespace: "shop", name: "web" };
};

describe("a migration of a Deployment that Serin has in flight", () => {
  it("is refused, because a step would take Serin's canary Service for the other tool's", async () => {
    await refuseInFlight(placeOf({}));
    const refused = await refuseInFlight(placeOf({ [HELD]: formatHoldRecord(aHeld()) })).catch(String);
    expect(refused).to.equal(
      "Error: deployment/web is in flight with Serin: kubectl serin status web -n shop --wait, then the same command again",
    );
  });
});
