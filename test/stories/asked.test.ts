import { expect } from "chai";
import { readAudit } from "../cluster/audit.ts";
import { onEachGateway } from "../cluster/fixture.ts";
import { Shop } from "./shop.ts";

onEachGateway("the question who asked", function (gateway) {
  // It does not depend on traffic, so one gateway is enough.
  if (gateway !== "traefik") return;
  this.timeout(180_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("asked", { gateway });
  });
  afterEach(() => shop?.close());

  it("is answered by the run record, by messages and by the API server's audit log", async () => {
    await shop.deploy({ plan: { "serin.dev/steps": "20:2h" } });
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(20);
    const refused = await shop.kubectl("annotate", "deployment/web", "serin.dev/abort=1");
    expect(refused.code).to.equal(1);
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    await shop.until("the verdict", () => shop.record("v2")?.outcome === "failed");
    expect(shop.record("v2")?.message).to.match(/aborted on request, asked by admin\. /);
    const asked = shop.record("v2")?.requests?.map(({ user, verb }) => `${user} ${verb}`);
    expect(asked).to.deep.equal(["admin update", "admin abort"]);

    const decisions = (await readAudit(shop.cluster.auditLog, ["admin"]))
      .filter(({ objectRef }) => objectRef?.namespace === shop.namespace)
      .flatMap(({ annotations = {} }) => Object.entries(annotations))
      .filter(([key]) => key.endsWith(".serin.dev/decision"))
      .map(([key, decision]) => `${key.replace(/\/decision$/, "")}: ${decision}`);
    expect(decisions[0]).to.equal("new-version.serin.dev: canary started");
    expect(decisions[1]).to.match(
      /^rollout-in-flight\.serin\.dev: refused: serin.*is not the revision in flight/,
    );
    expect(decisions).to.include("rollout-in-flight.serin.dev: order abort");
  });
});
