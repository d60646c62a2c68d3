/** Rollouts behind Istio, which takes long to build. Not part of the tests: `npm run istio`. */
import { expect } from "chai";
import { onIstio } from "../cluster/fixture.ts";
import {
  lostBy,
  promotion,
  rollback,
  rollbackOfCopies,
  switchAndBack,
  unjudged,
  update,
} from "./behind-gateway.ts";
import type { Shop } from "./shop.ts";
import { together } from "./together.ts";

// Upstream Envoy, which the proxy is here, lacks Istio's extension that writes istio_requests_total.
const plan = (settings: Record<string, string>) => ({
  interval: "4s",
  plan: { "serin.dev/metrics": "envoy", ...settings },
});

const judged = {
  "of a good version end with its promotion": promotion(plan),
  "of a bad version end with its rollback": rollback(plan, /^rolled back at 10% .*: errors\./),
  "of a version that fails copies of requests end before it has users": rollbackOfCopies(plan),
};

const routed = {
  "that switch at once and back lose no request": switchAndBack(plan),

  "that are undone lose no request, and the canary gets none once it has no weight": async (shop: Shop) => {
    await shop.deploy({ ...plan({ ...unjudged, "serin.dev/steps": "50:10m" }), preStopSeconds: 1 });
    const load = shop.load(100);
    await update(shop, "v2");
    await shop.weighs(50);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
    const from = Date.now();
    await shop.answered(load, from, 200);
    expect(load.since(from).byVersion).to.have.all.keys("v1");
    expect((await load.stop()).byVersion).to.have.all.keys("v1", "v2");
    expect(await lostBy(load)).to.equal(0);
  },

  // Istio tries a call that ends with UNAVAILABLE again, so users hardly feel such a version.
  "of a version whose gRPC calls the gateway tries again": async (shop: Shop) => {
    await shop.deploy({
      ...plan({ ...unjudged, "serin.dev/steps": "50:10m" }),
      protocol: "grpc",
    });
    const calls = shop.calls(60);
    await update(shop, "v2-err20-grpc14");
    await shop.weighs(50);
    const from = Date.now();
    await shop.answered(calls, from, 600);
    const { total, failed } = calls.since(from);
    expect(failed / total, "a tenth fails without tries").to.be.below(0.05);
  },
};

onIstio("rollouts", function (gateway) {
  this.timeout(240_000);

  // All at once would be more than two cores can serve.
  describe("by its Envoy's counters", () => together(gateway, judged));
  describe("by nobody's", () => together(gateway, routed));
});
