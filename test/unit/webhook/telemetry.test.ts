import { Registry } from "@prometheus-io/client";
import { expect } from "chai";
import { Busy } from "../../../webhook/busy.ts";
import type { ReviewResponse } from "../../../webhook/review.ts";
import { webhookTelemetry } from "../../../webhook/telemetry.ts";
import { FakeClock } from "../../support/clock.ts";

describe("webhook/telemetry", () => {
  it("counts answers by their kind, and says when the certificate expires", async () => {
    const registry = new Registry();
    const telemetry = webhookTelemetry(registry, new FakeClock());
    const object = { metadata: { name: "web" } };
    const answers: readonly (() => Promise<ReviewResponse>)[] = [
      async () => ({ allowed: true }),
      async () => ({ allowed: true, object }),
      async () => ({ allowed: false, message: "no" }),
      async () => Promise.reject(new Busy(1)),
      async () => Promise.reject(new Error("broken")),
    ];
    for (const answer of answers) {
      await telemetry
        .counted(
          "deployments",
          answer,
        )({} as never)
        .catch(() => {});
    }
    telemetry.expires(5_000);
    const text = await registry.metrics();
    for (const answer of ["allowed", "changed", "refused", "busy", "failed"]) {
      expect(text).to.contain(`serin_admissions_total{webhook="deployments",answer="${answer}"} 1`);
    }
    expect(text).to.contain('serin_certificate_expiry_timestamp_seconds{component="webhook"} 5');
  });
});
