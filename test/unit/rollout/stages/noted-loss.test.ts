import { expect } from "chai";
import type { Pod } from "../../../../kube/core/workloads.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { awaitReady } from "../../../../rollout/stages/prepare.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { writeIsolation } from "../../../../rollout/traffic/writes.ts";
import { AT_NOON, NOON } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";

const HOURS_MS = 8 * 3_600_000;
const noted = { step: 1, stepSince: AT_NOON, unroutedSince: instant(NOON + 120_000) };

describe("a loss of the canary's pods that was noted hours ago", () => {
  it("ends no wait for pods that are new, as after an outage of Serin", () => {
    const now = NOON + HOURS_MS;
    const snapshot = aRollout({ now, weight: 0, run: noted });
    const pods: Pod[] = [
      { metadata: { name: "web-x", creationTimestamp: instant(now - 6_000) }, status: {} },
    ];
    const endpoints = new Map([["web-canary", 0]]);
    const waiting = awaitReady({ ...snapshot, pods, endpoints });
    expect(waiting?.writes).to.deep.equal([]);
    expect(waiting?.condition?.message).to.match(/^waiting for ready canary pods, 0 of /);
  });

  it("is forgotten while the Deployment is scaled to zero", () => {
    const { deployment, ...snapshot } = aRollout({ now: NOON + HOURS_MS, weight: 0, run: noted });
    const asleep = {
      ...snapshot,
      deployment: { ...deployment, spec: { ...deployment.spec, replicas: 0 } },
      services: snapshot.services.map((service) =>
        merged(service, writeIsolation(service, "uid-web", "web1", AT_NOON)),
      ),
    };
    const records = decide(asleep).writes.map((write) =>
      write.verb === "merge" ? JSON.stringify(write.body) : "",
    );
    expect(records.join()).to.contain("stepSince").and.not.contain("unroutedSince");
  });
});
