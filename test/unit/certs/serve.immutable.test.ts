import { expect } from "chai";
import { Accepted } from "../../../certs/accepted.ts";
import type { Secret } from "../../../certs/material.ts";
import { Peers } from "../../../certs/peers.ts";
import { keepServing } from "../../../certs/serve.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import { mutatingWebhookConfigurations, secrets } from "../../../kube/core/resources.ts";
import { FakeApi } from "../../support/api.ts";
import { eventually } from "../../support/eventually.ts";
import { rememberingLog } from "../../support/log.ts";

const namespace = "serin-system";
const name = "serin-certificate";

describe("certs/serve, an immutable Secret", () => {
  it("says so once, and creates the Secret again with the same certificate when it is gone", async () => {
    const [api, stop, log] = [await FakeApi.start(), new AbortController(), rememberingLog()];
    const kube = api.connect();
    api.add(mutatingWebhookConfigurations, { metadata: { name: "serin" }, webhooks: [] });
    const serving = keepServing({
      kube,
      namespace,
      name,
      names: ["serin.serin-system.svc"],
      configuration: "serin",
      service: "serin",
      accepted: new Accepted({ clock: systemClock, settleMs: 60_000, read: async () => new Set() }),
      peers: new Peers(namespace),
      clock: systemClock,
      signal: stop.signal,
      log,
      apply() {},
      onReach() {},
    });
    try {
      const stored = () => api.store.list("/v1/secrets")[0] as Secret | undefined;
      const isWhole = () =>
        ["tls.crt", "webhook-tokens"].every((entry) => stored()?.data?.[entry] !== undefined);
      await eventually("a whole Secret", isWhole);
      const certificate = stored()?.data?.["tls.crt"];
      const told = () => log.lines.filter((line) => line.startsWith("error: the Secret is immutable"));
      api.change(secrets, `${namespace}/${name}`, { immutable: true });
      await eventually("told", () => told().length > 0);
      api.change(secrets, `${namespace}/${name}`, { metadata: { labels: { team: "shop" } } });
      api.remove(secrets, `${namespace}/${name}`);
      await eventually("a whole Secret again", isWhole);
      expect(stored()?.immutable).to.equal(undefined);
      expect(stored()?.data?.["tls.crt"]).to.equal(certificate);
      expect(told()).to.have.length(1);
    } finally {
      stop.abort();
      await serving;
      await kube.close();
      await api.stop();
    }
  });
});
