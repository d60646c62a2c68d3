/**
 * What a version that fails 5 % of its requests or calls costs the users behind each gateway of the tests, counted at the client.
 * Not part of the tests: `npm run trials:gateways`, and `--grep` selects gateways. Each writes its row of docs/gateways.md to
 * docs/gateway-trials/; progress goes to standard error.
 */
import { writeFileSync } from "node:fs";
import { expect } from "chai";
import type { Protocol } from "../../cluster/app.ts";
import { onEachGateway, onEnvoyGateway, onIstio } from "../../cluster/fixture.ts";
import { titleOf } from "../../cluster/gateway-title.ts";
import type { GatewayName } from "../../cluster/gateways.ts";
import { type Finding, openScene } from "./release.ts";
import { findingsOf } from "./trial.ts";

const RUNS = 3;
const log = (text: string) => console.error(text);
const trial = {
  name: "5 % at 100 rps",
  goal: "rolled back",
  rps: 100,
  steps: "10, 25, 50",
  interval: "10s",
  canaries: ["app:v2-err5"],
  runs: RUNS,
  atOnce: RUNS,
  forMs: 5 * 60_000,
} as const;

/** What a release has shown. */
type Release = Pick<Finding, "outcome" | "requests" | "failed" | "unanswered">;

onEachGateway("a version that fails 5 %", isRolledBack);
onEnvoyGateway("a version that fails 5 %", isRolledBack);
onIstio("a version that fails 5 %", isRolledBack);

function isRolledBack(this: Mocha.Suite, gateway: GatewayName): void {
  this.timeout(0);
  for (const protocol of ["http", "grpc"] as const) {
    it(`is rolled back, ${protocol}`, async () => {
      const costs = gateway === "envoy-gateway" ? refused : judged;
      const releases = await costs(gateway, protocol);
      expect(releases.map(({ outcome }) => outcome)).to.deep.equal(releases.map(() => "rolled back"));
      const date = new Date().toISOString().slice(0, 10);
      const found = { gateway: titleOf(gateway), protocol, date, releases };
      const file = new URL(`../../../docs/gateway-trials/${gateway}-${protocol}.json`, import.meta.url);
      writeFileSync(file, `${JSON.stringify(found, undefined, 2)}\n`);
    });
  }
}

async function judged(gateway: GatewayName, protocol: Protocol): Promise<readonly Release[]> {
  // Upstream Envoy, which is Istio's proxy here, lacks the extension that writes Istio's usual counters.
  const plan: Record<string, string> = gateway === "istio" ? { "serin.dev/metrics": "envoy" } : {};
  const findings = await findingsOf({ ...trial, gateway, protocol, plan }, log);
  return findings.map(({ outcome, seconds, secondsFromFailure, requests, failed, unanswered }) => ({
    outcome,
    seconds,
    secondsFromFailure,
    requests,
    failed,
    unanswered,
  }));
}

/** Nobody can judge the version behind Envoy Gateway as it is installed, so there is no first weight from which to count. */
async function refused(gateway: GatewayName, protocol: Protocol): Promise<readonly Release[]> {
  const { shop, load } = await openScene("trial", { ...trial, gateway, protocol });
  try {
    await shop.answered(load, Date.now(), 1_000);
    const from = Date.now();
    await shop.run("set", "image", "deployment/web", "app=app:v2-err5");
    await shop.until("the verdict", () => shop.record("v2-err5")?.outcome === "failed", 120_000);
    const message = shop.record("v2-err5")?.message ?? "";
    log(`${gateway}, ${protocol}: ${message}`);
    expect(message).to.match(/^rolled back before it had any traffic/);
    const { byVersion } = load.since(from);
    expect(byVersion.v2 ?? 0, "answers of the canary").to.equal(0);
    return [{ outcome: "rolled back", requests: 0, failed: 0, unanswered: byVersion[""] ?? 0 }];
  } finally {
    await shop.close();
  }
}
