import { expect } from "chai";
import type { Route } from "../../../../kube/core/routes.ts";
import { unknownGatewayWarnings } from "../../../../rollout/admission/unknown-gateways.ts";
import { settledOn, settleMs } from "../../../../rollout/gateways/settle.ts";
import { attach } from "../../../../rollout/stages/attach.ts";
import { restoreRoutes } from "../../../../rollout/stages/drain.ts";
import { drained, exposureOf } from "../../../../rollout/traffic/exposure.ts";
import { type RouteShare, shareOf } from "../../../../rollout/traffic/route-record.ts";
import type { RunRecord } from "../../../../rollout/workload/run-record.ts";
import { AT_NOON, aPlan, aRoute, NOON } from "../../../support/builders.ts";
import { complaintsOf } from "../../../support/plans.ts";
import { aRollout } from "../../../support/rollout.ts";
import { applied } from "../../../support/routes.ts";

const UID = "uid-web";
const annotations = { "serin.dev/settle": "30s" };
const share = (more: Partial<RouteShare> = {}): RouteShare => ({
  namespace: "shop",
  canaryServices: { web: "web-canary" },
  weight: 10,
  since: AT_NOON,
  ...more,
});
const behind = (controllerName: string): Route => ({
  ...aRoute(),
  status: { parents: [{ controllerName }] },
});

describe("a weight", () => {
  const route = applied(behind("networking.gke.io/gateway"), { [UID]: share() });

  it("is in force a settle time after its instant, or after another process can have written it", () => {
    const table: readonly (readonly [what: string, ledSinceMs: number | undefined, lateMs: number])[] = [
      ["nobody else leads", undefined, 0],
      ["this controller wrote it", -1_000, 0],
      ["it is of just before this controller led", 2_000, 2_000],
      ["its process had a clock that was behind", 10_000, 10_000],
      ["it is older than clocks differ", 60_000, 10_000],
    ];
    for (const [what, ledSinceMs, lateMs] of table) {
      const ledSince = ledSinceMs === undefined ? undefined : NOON + ledSinceMs;
      expect(settledOn(route, UID, ledSince), what).to.equal(NOON + 90_000 + lateMs);
    }
  });
});

describe("serin.dev/settle", () => {
  it("is a duration from 1s to 10m", () => {
    for (const settle of ["1s", "90s", "10m"]) expect(complaintsOf({ settle }), settle).to.deep.equal([]);
    for (const settle of ["", "30", "0s", "11m", "1h"])
      expect(
        complaintsOf({ settle }).map(({ key }) => key),
        settle,
      ).to.deep.equal(["serin.dev/settle"]);
  });

  it("is written with the weights, counts where it is longer than the gateway's, and outlives a drain", () => {
    const [write] = attach(aRollout({ annotations }), (present) =>
      present === undefined ? { weight: 0 } : exposureOf(present),
    );
    expect(JSON.stringify(write)).to.include('\\"settleMs\\":30000');
    const route = applied(behind("traefik.io/gateway-controller"), { [UID]: share({ settleMs: 30_000 }) });
    expect([settleMs(route), settledOn(route, UID)]).to.deep.equal([30_000, NOON + 30_000]);
    const shorter = applied(behind("networking.gke.io/gateway"), { [UID]: share({ settleMs: 30_000 }) });
    expect(settleMs(shorter)).to.equal(90_000);
    expect(drained(share({ settleMs: 30_000 }), AT_NOON).settleMs).to.equal(30_000);
  });

  it("of a route's owner, who can write any time, is bounded", () => {
    const forged = applied(behind("traefik.io/gateway-controller"), { [UID]: share({ settleMs: 1e12 }) });
    expect(shareOf(forged, UID)).to.equal(undefined);
    expect(settleMs(forged)).to.equal(2_500);
  });

  it("counts after the route is restored, before the canary Service goes", () => {
    const failed = aRollout({
      annotations,
      run: { outcome: "failed", detached: AT_NOON },
      routes: [aRoute()],
      held: { started: AT_NOON, phase: "failed", stable: "web1", originals: {} },
      canaryServices: [{ metadata: { name: "web-canary", namespace: "shop" }, spec: {} }],
      now: NOON + 29_000,
    });
    expect(restoreRoutes(failed)).to.deep.equal({ writes: [], waitMs: 1_000 });
    expect(restoreRoutes({ ...failed, now: NOON + 31_000 })).to.equal(undefined);
    const { detached: _detached, ...run } = failed.run as RunRecord;
    const held = { ...failed.held, phase: "promoting", detached: AT_NOON } as const;
    const promoting = { ...failed, run, held };
    expect(restoreRoutes(promoting), "its own Deployment says it").to.deep.equal({
      writes: [],
      waitMs: 1_000,
    });
    expect(restoreRoutes({ ...promoting, now: NOON + 31_000 })).to.equal(undefined);
    const again = { ...promoting, held: { ...held, phase: "failed" } as const, now: NOON + 31_000 };
    expect(restoreRoutes(again)?.writes, "that was another promotion").to.have.length(1);
  });

  it("is what admission suggests for a gateway that Serin does not know", () => {
    const said = (controllerName: string, given = {}) =>
      unknownGatewayWarnings(aPlan(given), [behind(controllerName), behind(controllerName)]);
    expect(said("example.com/gateway")).to.have.length(1);
    expect(said("example.com/gateway")[0]).to.match(
      /^example\.com\/gateway: Serin does not know this gateway and assumes .* within 10s; .*serin\.dev\/settle: 30s$/,
    );
    expect(said("example.com/gateway", annotations)).to.deep.equal([]);
    expect(said("traefik.io/gateway-controller")).to.deep.equal([]);
  });
});
