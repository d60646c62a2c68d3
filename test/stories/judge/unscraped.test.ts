import { expect } from "chai";
import { cluster, describeClusterWith } from "../../cluster/fixture.ts";
import { openScene } from "./release.ts";

const withoutCounters = [
  { source_labels: ["__name__"], regex: "traefik_service_.*", action: "drop" },
] as const;

// In a cluster of its own: elsewhere Prometheus has seen the counters before.
describeClusterWith({}, "a release behind a gateway whose counters Prometheus does not have", function () {
  this.timeout(180_000);

  it("gets no weight before they come", async () => {
    const { prometheus } = await cluster();
    await prometheus.relabel(withoutCounters);
    const { shop, load } = await openScene("unscraped", { rps: 100 });
    try {
      const asked = Date.now();
      await shop.run("set", "image", "deployment/web", "app=app:v2-err20");
      const told = await shop.until("the wait", () =>
        shop.condition()?.message?.startsWith("the first weight waits for counters: "),
      );
      expect(shop.condition()).to.include({ status: "Unknown", reason: "Holding" });
      expect(shop.condition()?.message).to.match(
        /Prometheus has no request counter of Traefik \(count\(traefik_service_requests_total\) is empty\).* \(or abort\) decides$/,
      );
      await shop.answered(load, told, 1_000);
      expect(load.since(asked).byVersion).to.have.all.keys("v1");
      await prometheus.relabel([]);
      await shop.until("the verdict", () => shop.record("v2-err20")?.outcome === "failed", 60_000);
      expect(shop.record("v2-err20")?.message).to.match(/^rolled back at 10% .*: errors\./);
    } finally {
      await shop.close();
    }
  });
});
