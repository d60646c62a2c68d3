import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import type { Load } from "../cluster/load.ts";
import { grantedTo } from "./granted.ts";
import { setReady } from "./readiness.ts";
import { Shop } from "./shop.ts";

const RPS = 200;
const BROKEN = /^holding at 20%: the stable version is broken, so Serin takes no step by itself/;
/** A step that lasts until the test has looked, and the same step once its time is over. */
const [LONG, OVER] = ["serin.dev/steps=20:10m", "serin.dev/steps=20:1s"];

onEachGatewayAtOnce("a stable version that breaks during a rollout", function (gateway) {
  this.timeout(120_000);
  let shop: Shop;
  let load: Load;
  before(async () => {
    shop = await Shop.open("broken", { gateway });
    await shop.deploy({ interval: "1s", plan: { "serin.dev/max-interval": "2s" } });
    load = shop.load(RPS);
  });
  after(() => shop?.close());

  const message = () => shop.condition()?.message ?? "";
  const annotate = (...keys: string[]) => shop.run("annotate", "deployment/web", ...keys, "--overwrite");
  const start = async (version: string) => {
    await annotate(LONG);
    await shop.run("set", "image", "deployment/web", `app=app:${version}`);
    await shop.weighs(20);
  };

  it("keeps a good canary at its step, and the condition names the command that ships it", async () => {
    await start("v2");
    await each("v1", (pod) => shop.run("set", "image", `pod/${pod}`, "app=app:v1-err100"));
    const told = /The stable version fails [\d.]+% of its requests.*: kubectl (annotate \S+ \S+) ships this/;
    await shop.until("the numbers", () => told.test(message()));
    const asked = Date.now();
    await annotate(OVER);
    await shop.until("the hold", () => BROKEN.test(message()) && told.test(message()));
    // Longer than three times the plan's longest interval.
    await shop.answered(load, Date.now(), 7 * RPS);
    expect(shop.record("v2")).to.include({ outcome: "running", step: 0 });
    expect(grantedTo(shop, asked).filter((weight) => weight > 20)).to.deep.equal([]);
    const [, command = ""] = told.exec(message()) ?? [];
    await shop.run(...command.split(" "));
    await shop.atRest();
    const served = Date.now() + 1_000;
    await shop.answered(load, served, RPS);
    expect(load.since(served).byVersion).to.have.keys("v2");
    expect(load.since(served).failed, "failed requests").to.equal(0);
  });

  // The other cases are about pods and native control, so one gateway is enough.
  if (gateway !== "traefik") return;

  it("keeps it while no stable pod is ready, also without a comparison, and goes on when one is", async () => {
    await annotate("serin.dev/compare=off", "serin.dev/checks=none");
    await start("v3");
    await each("v2", (pod) => setReady(shop, pod, false));
    await shop.until("the wait told", () => /No stable pod is ready/.test(message()));
    await annotate(OVER);
    await shop.until("the hold", () => BROKEN.test(message()));
    await shop.answered(load, Date.now(), 3 * RPS);
    expect(shop.record("v3")).to.include({ outcome: "running", step: 0 });
    await each("v2", (pod) => setReady(shop, pod, true));
    await shop.atRest();
    await shop.until("the record", () => shop.record("v3")?.outcome === "promoted");
  });

  it("is not lost when somebody releases its ReplicaSet: native control adopts it, and the rollout stays in its step", async () => {
    await start("v4");
    const { name = "" } = shop.replicaSet("v3")?.metadata ?? {};
    const asked = Date.now();
    const remove = [{ op: "remove", path: "/metadata/ownerReferences" }];
    await shop.run("patch", `replicaset/${name}`, "--type=json", `--patch=${JSON.stringify(remove)}`);
    const released = () =>
      shop
        .changesOf("replicasets", asked)
        .some(({ object }) => object.metadata.name === name && !object.metadata.ownerReferences?.length);
    await shop.until("released, and adopted again", () => released() && shop.replicaSet("v3") !== undefined);
    await shop.answered(load, asked, 3 * RPS);
    expect(shop.held()?.lost).to.equal(undefined);
    expect(shop.weight(), "weight of the canary").to.equal(20);
    expect(shop.changesOf("services", asked).length, "changes of Services").to.equal(0);
    expect(load.since(asked).failed, "failed requests").to.equal(0);
    await shop.promote();
  });

  async function each(version: string, change: (pod: string) => Promise<unknown>): Promise<void> {
    await Promise.all(shop.pods(version).map(({ metadata }) => change(metadata.name)));
  }
});
