import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { serin } from "./plugin.ts";
import { expectNoFailures, expectShare } from "./share.ts";
import { Shop } from "./shop.ts";

onEachGatewayAtOnce("a good release", function (gateway) {
  this.timeout(180_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("good", { gateway });
  });
  after(() => shop?.close());

  it("gets its weights in order, is promoted without a failed request, and leaves nothing behind", async () => {
    await shop.deploy();
    const objects = () =>
      Promise.all([shop.manifest("deployments"), shop.manifest("services"), shop.manifest("httproutes")]);
    const [was, ...wereOthers] = await objects();
    const load = shop.load(300);
    const started = Date.now();
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    const status = shop
      .run("rollout", "status", "deployment/web", "--timeout=150s")
      .then((said) => ({ said, at: Date.now() }));

    const judged: string[] = [];
    for (const weight of [10, 25, 50]) {
      const from = await shop.weighs(weight);
      const to = await shop.until(`after ${weight}%`, () => shop.weight() !== weight);
      expectShare(load.between(from, to), "v2", weight / 100);
      judged.splice(0, judged.length, ...shop.pods("v2").map((pod) => pod.metadata.uid ?? ""));
    }

    const { at: reported } = await status;
    const lastOld = shop
      .changesOf("pods", started)
      .findLast(
        ({ object }) =>
          object.metadata.labels?.["pod-template-hash"] === shop.record("v2")?.stable &&
          object.metadata.deletionTimestamp,
      );
    expect(reported).to.be.at.least(
      lastOld?.at ?? Number.POSITIVE_INFINITY,
      "rollout status ended before the last old pod went",
    );
    await shop.atRest();
    await shop.until("v2's record", () => shop.record("v2")?.outcome === "promoted");

    const promoted = shop.pods("v2").map((pod) => pod.metadata.uid ?? "");
    expect(promoted).to.have.length(5).and.to.include.members(judged);
    expect(judged).to.have.length(3);
    expect(shop.peakPods(started)).to.be.at.most(5 + 3);
    expect(shop.condition()).to.include({ status: "True", reason: "Promoted" });
    await expectNoFailures(load);

    const [deployment, ...others] = await objects();
    expect(others).to.deep.equal(wereOthers);
    const asked = JSON.parse(JSON.stringify(was).replace("app:v1", "app:v2"));
    expect(withoutApplied(deployment)).to.deep.equal(withoutApplied(asked));
    expect(await shop.names("services")).to.deep.equal(["web"]);
    await shop.until("no mark on the old version", () => {
      const old = [...shop.stock.replicasets.values()].find((set) => set.spec.replicas === 0);
      return old !== undefined && !("serin.dev/flight" in (old.metadata.labels ?? {}));
    });

    const replayed = await serin(shop, "judge", "web");
    expect(replayed.code, replayed.stderr).to.equal(0);
    expect(replayed.stderr, "a difference between the record and the replay").to.equal("");
    expect(replayed.stdout).to.match(/^ {2}as then {4}✔ not rolled back$/m);
    for (const weight of [10, 25, 50])
      expect(replayed.stdout).to.match(
        new RegExp(`^ {4}${weight} % +since .* verified after [\\dms]+$`, "m"),
      );

    const stricter = await serin(shop, "judge", "web", "--revision=2", "--beta=0.0001%");
    expect(stricter.code, stricter.stderr).to.equal(0);
    const [then = "", other = ""] = stricter.stdout.split("  beta=0.0001%");
    expect(other).to.match(/^ {4}✔ not rolled back$/m);
    const verifiedAfter = (said: string) =>
      Number(/^ {4}10 % .* verified after (\d+)s$/m.exec(said)?.[1] ?? 1e9);
    expect(verifiedAfter(other), "a million to one instead of 20:1").to.be.above(verifiedAfter(then));
  });
});

/** The annotation of kubectl apply contains the image of the last apply. */
function withoutApplied(object: object): object {
  const text = JSON.stringify(object, (key, value) =>
    key === "kubectl.kubernetes.io/last-applied-configuration" ? "" : value,
  );
  return JSON.parse(text);
}
