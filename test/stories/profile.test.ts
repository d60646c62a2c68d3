import { expect } from "chai";
import { onEachGateway } from "../cluster/fixture.ts";
import type { Output } from "../cluster/kubectl.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const NAMED = { "serin.dev/profile": "slow" };

onEachGateway("defaults of a profile and of the namespace", function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("profile", { gateway });
    await annotateNamespace("serin.dev/compare=off", "serin.dev/checks=none", "serin.dev/interval=3h");
    await define({ steps: "20:10m, 50:2s", "max-interval": "1h" });
  });
  afterEach(async () => {
    await undefine();
    await shop.close();
  });

  const update = (image: string) => shop.kubectl("set", "image", "deployment/web", `app=app:${image}`);
  const annotate = (...pairs: string[]) => shop.kubectl("annotate", "deployment/web", ...pairs);
  const annotateNamespace = (...pairs: string[]) =>
    shop.run("annotate", "--overwrite", `namespace/${shop.namespace}`, ...pairs);
  const inSerins = (...args: string[]) => shop.run("--namespace=serin-system", ...args);
  const undefine = () => inSerins("delete", "configmap/slow", "--ignore-not-found");

  /** Replaces the profile. */
  async function define(data: Record<string, string>): Promise<void> {
    await undefine();
    const literals = Object.entries(data).map(([key, value]) => `--from-literal=${key}=${value}`);
    await inSerins("create", "configmap", "slow", ...literals);
    await inSerins("label", "configmap/slow", "serin.dev/profile=true");
  }

  it("fill in what the Deployment does not set, and do not change during a rollout", async () => {
    const app = { interval: "1s", plan: NAMED };
    await shop.deploy(app);
    expect(shop.held()).to.equal(undefined);
    const load = shop.load(100);
    const { stderr } = await update("v2");
    expect(stderr)
      .to.include(`by profile slow, namespace ${shop.namespace}`)
      .and.to.include("canary 20→50 %");
    await shop.weighs(20);
    const defaults = [
      { from: "profile", name: "slow", values: { "max-interval": "1h", steps: "20:10m, 50:2s" } },
      { from: "namespace", name: shop.namespace, values: { compare: "off", checks: "none" } },
    ];
    expect(shop.held()?.defaults).to.deep.equal(defaults);

    await define({ steps: "90, 80" });
    await annotateNamespace("serin.dev/interval=5", "serin.dev/checks=no");
    const v2 = shop.manifests({ ...app, image: "app:v2" });
    await shop.apply(v2);
    await shop.apply(v2, "--server-side", "--force-conflicts");
    await shop.answered(load, Date.now(), 500);
    expect(shop.held()?.defaults).to.deep.equal(defaults);
    expect(shop.weight()).to.equal(20);

    await undefine();
    await shop.promote();
    expect(shop.pods("v2")).to.have.length(5);
    await expectNoFailures(load);

    expectRefusal(await update("v3"), "serin.dev/profile: profile slow not found: use one of careful, fast");
    await annotateNamespace("serin.dev/checks=none");
    await define({ steps: "30:10m" });
    expect((await update("v3")).code).to.equal(0);
    await shop.weighs(30);
    await shop.promote();
  });

  // The next tests do not depend on traffic, so one gateway is enough.
  if (gateway !== "traefik") return;

  it("are refused with their place and a valid value", async () => {
    const list = JSON.parse(await shop.deploy({ interval: "1s" }));
    expectRefusal(
      await annotate("serin.dev/profile=slo"),
      "serin.dev/profile: profile slo not found; did you mean slow?",
    );
    expect((await annotate("serin.dev/profile=slow")).code).to.equal(0);
    await define({ steps: "20, 10", promote: "1" });
    const [{ metadata, ...rest }] = list.items;
    const annotations = { ...metadata.annotations, ...NAMED };
    const another = JSON.stringify({ ...rest, metadata: { ...metadata, name: "other", annotations } });
    for (const refused of [
      await update("v2"),
      await shop.cluster.kubectl(["create", "-f", "-"], { namespace: shop.namespace, input: another }),
    ]) {
      expectRefusal(refused, "profile slow: steps: 10 follows 20: use increasing");
      expectRefusal(refused, "profile slow: promote: not valid here: use it on a Deployment");
    }
    await shop.run("patch", "deployment/web", '--patch={"spec":{"replicas":4}}');
    expect(shop.held()).to.equal(undefined);

    const namespace = `namespace ${shop.namespace}: `;
    await annotateNamespace("serin.dev/rollout=canary", "serin.dev/step=5");
    expectRefusal(
      await annotate("serin.dev/profile-"),
      `${namespace}unknown annotation serin.dev/step; did you mean serin.dev/steps?`,
    );
    await annotateNamespace("serin.dev/step-");
    const { code, stderr } = await annotate("serin.dev/profile-");
    expect(code, stderr).to.equal(0);
    expect(stderr).to.include(`${namespace}serin.dev/rollout: a namespace cannot opt in`);
  });
});

function expectRefusal({ code, stderr }: Output, message: string): void {
  expect(code, stderr).to.equal(1);
  expect(stderr).to.include(message);
}
