import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { deployAsArgo } from "./argo-objects.ts";
import { serin } from "./plugin.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

onEachGatewayAtOnce("kubectl serin migrate argo", function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("argo", { gateway });
    await deployAsArgo(shop);
  });
  after(() => shop?.close());

  it("moves the users to the Deployment's own pods without a failed request", async () => {
    const load = shop.load();
    const { code, stdout, stderr } = await serin(shop, "migrate", "argo", "web", "--execute");
    expect(code, stdout + stderr).to.equal(0);
    // Pods that end serve on for their preStop.
    const isRollouts = (pod: string) => pod.startsWith("web-5f6c7d8b9c");
    await shop.until("the Rollout's pods gone", () => ![...shop.stock.pods.keys()].some(isRollouts));
    const from = Date.now();
    await shop.answered(load, from, 1_000);
    const pods = new Set([...load.rows(from)].map(({ pod }) => pod));
    expect([...pods].filter(isRollouts), "pods of the Rollout").to.deep.equal([]);
    expect(await shop.names("services")).to.deep.equal(["web"]);
    expect((await shop.manifest("services")).spec.selector).to.deep.equal({ app: "web" });
    const { rules } = (await shop.manifest("httproutes")).spec;
    expect(rules?.map(({ backendRefs }) => backendRefs?.map(({ name }) => name))).to.deep.equal([["web"]]);
    const target = await shop.run("get", "hpa/web", "-o=jsonpath={.spec.scaleTargetRef.kind}");
    expect(target).to.equal("Deployment");
    await expectNoFailures(load);
  });

  it("leaves a Deployment whose next version is a canary", async () => {
    const { code, stderr } = await shop.kubectl(
      "set",
      "image",
      "deployment/web",
      "app=app:v2",
      "--dry-run=server",
    );
    expect(code, stderr).to.equal(0);
    expect(stderr).to.contain("serin: canary 25→50→pause %");
  });
});
