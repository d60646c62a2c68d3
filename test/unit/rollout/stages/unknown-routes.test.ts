import { expect } from "chai";
import type { Service } from "../../../../kube/core/services.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { isCutOff } from "../../../../rollout/stages/expose.ts";
import { checkLabels } from "../../../../rollout/stages/reachable.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { AT_NOON, aDeployment, aRoute, aService, NOON } from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";

const known = {};
const lacking = { lacksServices: true } as const;

// Of routes that are too long together, Serin knows only those with a share.
describe("routes that Serin does not know", () => {
  it("may lead to a Service that the plan no longer names, so it stays with the stable version", () => {
    const service = aService({ meta: { name: "api" } });
    const api = merge(service, isolationPatch(service, "uid-web", "web1", AT_NOON)) as Service;
    const snapshot = aRollout({ routes: [carrying(aRoute(), 10, NOON)], now: NOON + 60_000 });
    const restored = (more: object) =>
      decide({ ...snapshot, formerServices: [api], ...more }).writes.some(
        (write) => "name" in write && write.name === "api",
      );
    expect(restored(known)).to.equal(true);
    expect(restored(lacking)).to.equal(false);
  });

  it("may be those through which the canary gets its traffic", () => {
    const canaryServices = [canaryServiceOf(aService(), aDeployment({ image: "web:2" }), "web2")];
    const snapshot = aRollout({ routes: [], canaryServices });
    expect(isCutOff({ ...snapshot, ...known })).to.equal(true);
    expect(isCutOff({ ...snapshot, ...lacking })).to.equal(false);
  });

  it("are no reason to ask for the labels of Services that no known route names", () => {
    const metrics = aService({ meta: { name: "metrics" }, selector: { app: "web", old: "yes" } });
    const snapshot = aRollout({ routes: [], services: [aService(), metrics] });
    expect(checkLabels({ ...snapshot, ...known })?.writes).to.not.equal(undefined);
    expect(checkLabels({ ...snapshot, ...lacking })).to.equal(undefined);
  });
});
