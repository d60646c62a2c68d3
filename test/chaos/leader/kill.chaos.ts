import { describeCluster, onEachGateway } from "../../cluster/fixture.ts";
import type { BuiltIn } from "../../cluster/gateways.ts";
import type { Shop } from "../../stories/shop.ts";
import { playKilled } from "./killed.ts";
import type { Ending } from "./kills.ts";

const update = (shop: Shop, tag: string) => shop.run("set", "image", "deployment/web", `app=app:${tag}`);

onEachGateway("a controller killed before and after each of its writes", function (gateway) {
  this.timeout(300_000);
  declare(gateway, "SIGKILL");
});

// As while nodes are drained, or Serin is updated. It needs nothing else from another gateway.
describeCluster("a controller that ends at each of its writes", function () {
  this.timeout(300_000);
  declare("traefik", "SIGTERM");
});

function declare(gateway: BuiltIn, ending: Ending): void {
  it("promotes as if undisturbed", () =>
    playKilled({
      title: "promotion",
      gateway,
      ending,
      app: { plan: { "serin.dev/steps": "25, 50" } },
      async play(shop) {
        await update(shop, "v2");
        await shop.until("the promotion", () => shop.record("v2")?.outcome === "promoted", 200_000);
        await shop.atRest("web", 60_000);
      },
      serves: "v2",
      outcomes: { v2: ["running", "proven", "promoted"] },
      weights: [25, 50, 0],
    }));

  it("switches blue to green as if undisturbed", () =>
    playKilled({
      title: "blue-green",
      gateway,
      ending,
      app: {
        plan: {
          "serin.dev/rollout": "blue-green",
          "serin.dev/steps": "100:4s",
          // Traefik does not mirror requests.
          ...(gateway === "contour" && { "serin.dev/mirror": "100%" }),
        },
      },
      async play(shop) {
        await update(shop, "v2");
        await shop.until("the promotion", () => shop.record("v2")?.outcome === "promoted", 200_000);
        await shop.atRest("web", 60_000);
      },
      serves: "v2",
      outcomes: { v2: ["running", "proven", "promoted"] },
      weights: [100, 0],
    }));

  // The remaining rollouts need nothing else from a gateway.
  if (gateway !== "traefik") return;

  it("rolls back as if undisturbed", () =>
    playKilled({
      title: "roll back and undo",
      gateway,
      ending,
      rps: 200,
      app: {
        plan: {
          "serin.dev/steps": "50",
          "serin.dev/compare": "on",
          "serin.dev/checks": "success-rate >= 99%",
        },
      },
      async play(shop) {
        await update(shop, "v2-err50");
        await shop.until("the verdict", () => shop.record("v2-err50")?.outcome === "failed", 120_000);
        await shop.until("the canary Service gone", () => shop.stock.services.size === 1, 90_000);
        await shop.until("one pod kept", () => shop.pods("v2-err50").length === 1);
        await shop.run("rollout", "undo", "deployment/web");
        await shop.atRest();
      },
      serves: "v1",
      outcomes: { "v2-err50": ["running", "failed"] },
      weights: [50, 0],
      bad: "v2",
    }));

  it("undoes as if undisturbed", () =>
    playKilled({
      title: "undo at a step",
      gateway,
      ending,
      app: { plan: { "serin.dev/steps": "50:60s" } },
      async play(shop) {
        await update(shop, "v2");
        await shop.weighs(50);
        await shop.run("rollout", "undo", "deployment/web");
        await shop.atRest();
        await shop.until("the record", () => shop.record("v2")?.outcome === "undone");
      },
      serves: "v1",
      outcomes: { v2: ["running", "undone"] },
      weights: [50, 0],
    }));

  it("supersedes as if undisturbed", () =>
    playKilled({
      title: "supersede at a step",
      gateway,
      ending,
      app: { plan: { "serin.dev/steps": "50" } },
      async play(shop) {
        await update(shop, "v2");
        await shop.until("v2 at 50%", () => shop.weight() === 50);
        await update(shop, "v3");
        await shop.until("the promotion", () => shop.record("v3")?.outcome === "promoted", 200_000);
        await shop.atRest();
      },
      serves: "v3",
      outcomes: { v2: ["running", "superseded"], v3: ["running", "proven", "promoted"] },
      weights: [50, 0, 50, 0],
    }));
}
