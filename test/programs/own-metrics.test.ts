import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { dashboardTelemetry } from "../../dashboard/telemetry.ts";
import type { Kube } from "../../kube/client/api.ts";
import { countedKube } from "../../telemetry/kube-requests.ts";
import { programRegistry } from "../../telemetry/registry.ts";
import { webhookTelemetry } from "../../webhook/telemetry.ts";
import { findTools } from "../cluster/tools.ts";
import { FakeClock } from "../support/clock.ts";
import { aRollout } from "../support/rollout.ts";
import { aTelemetry } from "../support/telemetry.ts";

describe("Serin's own metrics", () => {
  const clock = new FakeClock();
  const complaintsAbout = (page: string) =>
    execFileSync(findTools().program("promtool"), ["check", "metrics"], { input: page }).toString();

  it("of the controller have names that promtool accepts, with a rollout in flight", async () => {
    const registry = programRegistry("controller");
    countedKube({} as Kube, registry, clock);
    const telemetry = aTelemetry(clock, registry, { flagger: true });
    telemetry.flights.note(aRollout(), {});
    const page = await registry.metrics();
    expect(page).to.contain("serin_rollout_info{").and.to.contain("flagger_canary_status{");
    expect(complaintsAbout(page)).to.equal("");
  });

  it("of the dashboard have names that promtool accepts", async () => {
    const registry = programRegistry("dashboard");
    countedKube({} as Kube, registry, clock);
    dashboardTelemetry(registry, () => 2)("api/rollouts/namespace/name", 200);
    const page = await registry.metrics();
    expect(page)
      .to.contain('serin_dashboard_answers_total{path="api/rollouts/namespace/name",code="200"} 1')
      .and.contain("serin_dashboard_streams 2");
    expect(complaintsAbout(page)).to.equal("");
  });

  it("of the webhook have names that promtool accepts", async () => {
    const registry = programRegistry("webhook");
    countedKube({} as Kube, registry, clock);
    webhookTelemetry(registry, clock).expires(clock.now());
    expect(complaintsAbout(await registry.metrics())).to.equal("");
  });
});
