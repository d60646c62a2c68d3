import { expect } from "chai";
import { onEnvoyGateway } from "../cluster/fixture.ts";
import type { Answers } from "../cluster/load.ts";
import { Shop } from "./shop.ts";

/** The requests that no pod answered: the gateway lost them. */
async function lostBy(load: Answers): Promise<number> {
  await load.stop();
  return [...load.rows()].filter(({ status, version }) => status !== 200 && version === "").length;
}

onEnvoyGateway("rollouts", function (gateway) {
  this.timeout(120_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("envoy", { gateway });
  });
  afterEach(() => shop?.close());

  const plan = (settings: Record<string, string>) => ({ interval: "4s", plan: settings });
  const update = (image: string) => shop.run("set", "image", "deployment/web", `app=app:${image}`);

  it("show the canary to matching users alone, and lose no request of the others", async () => {
    const match = { "serin.dev/rollout": "ab-test", "serin.dev/match": "header x-canary=insider" };
    await shop.deploy(plan({ ...match, "serin.dev/iterations": "600" }));
    const outsiders = shop.load(300);
    await update("v2");
    await shop.until("the users in force", () =>
      /^(canary has the|holding at the matching) users/.test(shop.condition()?.message ?? ""),
    );
    await shop.answered(outsiders, Date.now(), 600);
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    await shop.until("the route restored", () => shop.weight() === undefined);
    await shop.answered(outsiders, Date.now(), 300);
    expect((await outsiders.stop()).byVersion, "answers to outsiders").to.have.all.keys("v1");
    expect(await lostBy(outsiders)).to.equal(0);
  });

  it("with sticky sessions are refused with the reason", async () => {
    await shop.deploy(plan({ "serin.dev/sticky": "1h" }));
    const { code, stderr } = await shop.kubectl("set", "image", "deployment/web", "app=app:v2");
    expect(code).to.equal(1);
    expect(stderr).to.include("serin.dev/sticky is not possible here: Envoy Gateway names");
  });
});
