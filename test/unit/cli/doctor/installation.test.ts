import { expect } from "chai";
import { examine } from "../../../../cli/doctor/installation.ts";
import { ServerClock } from "../../../../kube/client/server-clock.ts";
import { systemClock } from "../../../../kube/core/clock.ts";
import { leases, mutatingWebhookConfigurations } from "../../../../kube/core/resources.ts";
import { FakeApi } from "../../../support/api.ts";

describe("the leader that kubectl serin doctor finds", () => {
  let api: FakeApi;
  beforeEach(async () => {
    api = await FakeApi.start();
  });
  afterEach(async () => {
    await api.stop();
  });

  /** The finding on a machine whose clock is that far ahead. */
  async function found(renewedAt: number, aheadMs: number): Promise<string> {
    const spec = {
      holderIdentity: "c-1",
      leaseDurationSeconds: 15,
      renewTime: new Date(renewedAt).toISOString(),
    };
    api.add(leases, { metadata: { namespace: "serin-system", name: "serin" }, spec });
    const sleep = async () => expect.fail("it waited");
    const clock = new ServerClock({ machine: { now: () => Date.now() + aheadMs, sleep } });
    const kube = api.connect({ serverClock: clock });
    try {
      const findings = await examine({ kube, clock, version: "0.1.0", warnings: [] });
      return findings
        .filter(({ where }) => where === "leader")
        .map(({ kind, says }) => `${kind}: ${says}`)
        .join();
    } finally {
      await kube.close();
    }
  }

  for (const minutes of [-5, 0, 5]) {
    it(`leads if it renews, on a machine that is ${minutes} minutes ahead`, async () => {
      expect(await found(Date.now() - 5_000, minutes * 60_000)).to.equal("good: c-1 leads");
    });

    it(`led last if it does not, on a machine that is ${minutes} minutes ahead`, async () => {
      expect(await found(Date.now() - 330_000, minutes * 60_000)).to.match(/^bad: c-1 led last, 5m/);
    });
  }
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
