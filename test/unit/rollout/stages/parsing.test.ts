import { expect } from "chai";
import { HELD, RUN } from "../../../../rollout/keys.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { formatHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { AT_NOON, aDeployment, aHeld, aSnapshot } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

/** How many times JSON.parse was called by `run`. */
function parses(run: () => void): number {
  const { parse } = JSON;
  let calls = 0;
  JSON.parse = (...args: Parameters<typeof parse>) => {
    calls += 1;
    return parse(...args);
  };
  try {
    run();
  } finally {
    JSON.parse = parse;
  }
  return calls;
}

describe("one decision", () => {
  it("parses each record at most once, and none again in the next pass", () => {
    const snapshot = aRollout();
    const held = aHeld();
    const deployment = aDeployment({ annotations: { [HELD]: formatHoldRecord(held) } });
    const services = snapshot.services.map((service) => ({
      ...service,
      metadata: { ...service.metadata, ...isolationPatch(service, "uid-web", "web1", AT_NOON).metadata },
    })) as typeof snapshot.services;
    const parts = { ...snapshot, held, deployment, services };
    const objects = [deployment, ...services, ...snapshot.routes, ...snapshot.replicaSets];
    const records = objects.filter(
      ({ metadata }) => metadata.annotations?.[HELD] ?? metadata.annotations?.[RUN],
    );
    const pass = () => decide(aSnapshot(parts));
    expect(records.length, "records").to.be.at.least(4);
    expect(parses(pass)).to.be.within(1, records.length);
    expect(parses(pass)).to.equal(0);
  });
});
