import { expect } from "chai";
import { examine } from "../../../../cli/doctor/installation.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import { ServerClock } from "../../../../kube/client/server-clock.ts";
import { systemClock } from "../../../../kube/core/clock.ts";
import { leases, mutatingWebhookConfigurations } from "../../../../kube/core/resources.ts";
import { FakeApi } from "../../../support/api.ts";
import { NOON } from "../../../support/builders.ts";

describe("the leader that kubectl serin doctor finds", () => {
  let api: FakeApi;
  let kube: Kube;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  const renewed = (ms: number) => ({
    spec: { holderIdentity: "c-1", leaseDurationSeconds: 15, renewTime: new Date(ms).toISOString() },
  });
  /** The finding on a machine whose clock says noon; `meanwhile` happens while the command waits. */
  async function found(lastRenewed: number, meanwhile = () => {}): Promise<string> {
    api.add(leases, { metadata: { namespace: "serin-system", name: "serin" }, ...renewed(lastRenewed) });
    const clock = { now: () => NOON, sleep: async () => meanwhile() };
    const findings = await examine({ kube, clock, version: "0.1.0", warnings: [] });
    return findings
      .filter(({ where }) => where === "leader")
      .map(({ kind, says }) => `${kind}: ${says}`)
      .join();
  }

  it("leads if it renews, however far this machine's clock is ahead", async () => {
    const renew = () => api.change(leases, "serin-system/serin", renewed(NOON - 295_000));
    expect(await found(NOON - 300_000, renew)).to.equal("good: c-1 leads");
  });

  it("led last if it does not, and is not waited for if it has just renewed", async () => {
    expect(await found(NOON - 300_000)).to.match(/^bad: c-1 led last, 5m/);
    api.remove(leases, "serin-system/serin");
    expect(await found(NOON - 1_000, () => expect.fail("it waited"))).to.equal("good: c-1 leads");
  });
});

describe("the authority that kubectl serin doctor finds", () => {
  it("has not expired by the API server's clock, on a machine that is a day ahead", async () => {
    const machine = { ...systemClock, now: () => Date.now() + 86_400_000 };
    const clock = new ServerClock({ machine });
    const api = await FakeApi.start();
    const kube = api.connect({ serverClock: clock });
    const caBundle = Buffer.from(api.ca).toString("base64");
    const clientConfig = { caBundle, service: { namespace: "serin-system", name: "serin" } };
    const webhooks = [{ name: "admit.serin.dev", clientConfig }];
    api.add(mutatingWebhookConfigurations, { metadata: { name: "serin" }, webhooks });
    try {
      const findings = await examine({ kube, clock, version: "0.1.0", warnings: [] });
      const [found] = findings.filter(({ where }) => where === "webhook");
      expect(found?.says).to.match(/^serin is not as Serin installs it/);
    } finally {
      await kube.close();
      await api.stop();
    }
  });
});
