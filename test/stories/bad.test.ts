import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { serin } from "./plugin.ts";
import { Shop } from "./shop.ts";

const COUNTERS = { traefik: "traefik_service_requests_total", contour: "envoy_cluster_upstream_rq" };

onEachGatewayAtOnce("a bad release", function (gateway) {
  this.timeout(300_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("bad", { gateway });
  });
  after(() => shop?.close());

  it("is rolled back, stays failed, can be retried, and is superseded by the next version", async () => {
    await shop.deploy({ interval: "5s", plan: { "serin.dev/steps": "10, 50" } });
    const objects = () => Promise.all([shop.manifest("services"), shop.manifest("httproutes")]);
    const before = await objects();
    const load = shop.load(300);
    await shop.run("set", "image", "deployment/web", "app=app:v2-err5");
    const status = shop
      .kubectl("rollout", "status", "deployment/web", "--timeout=120s")
      .then(({ code }) => ({ code, at: Date.now() }));

    await shop.until("the verdict", () => shop.record("v2-err5")?.outcome === "failed");
    const verdict = Date.parse(shop.record("v2-err5")?.ended ?? "");
    const { code, at: told } = await status;
    expect(code, "exit status of rollout status").to.equal(1);
    expect(told - verdict, "ms from verdict to the end of rollout status").to.be.below(5_000);
    expect(shop.weight() ?? 0, "weight after the verdict").to.equal(0);
    await shop.until("the route restored", () => shop.weight() === undefined);
    expect(await shop.manifest("httproutes")).to.deep.equal(before[1]);
    await shop.until(
      "one canary pod kept",
      () => shop.pods("v2-err5").length === 1 && shop.replicaSet("v2-err5")?.spec.replicas === 1,
    );
    await shop.until("the canary Service gone", () => !shop.stock.services.has("web-canary"));
    const settled = Date.now();

    const message = shop.record("v2-err5")?.message;
    expect(message).to.match(
      /^rolled back at (10|50)% after [\dms]+: errors\. canary \d+ of \d+ requests failed \(\d+\.\d\d%\), stable 0 of \d+ \(0\.00%\)\. Evidence [\d,over ]+:1 .* \(limit 100:1; allowed: 1\.2x stable \+ 0\.05 pp\), growing since \d\d:\d\d:\d\d\. \d+ of its requests failed \(status 500 x\d+\)\..* serin\.dev\/retry=\d+ tries again\./,
    );
    expect(message)
      .to.match(/\. Query: sum by \([a-z_, ]+\) \(increase\(/)
      .and.to.include(`(${COUNTERS[gateway]}{`);
    expect(shop.condition()).to.include({ status: "False", reason: "RolledBack", message });
    expect(
      await shop.run(
        "get",
        "events",
        "--field-selector=reason=RolledBack",
        "-o=jsonpath={.items[*].message}",
      ),
    ).to.equal(message);
    expect(
      await shop.run("get", "deployment/web", "-o=jsonpath={.spec.template.spec.containers[0].image}"),
    ).to.equal("app:v2-err5");

    const { evidence } = shop.record("v2-err5") ?? {};
    const replayed = await serin(shop, "judge", "web", "--tolerance=100", "--margin=50%");
    expect(replayed.code, replayed.stderr).to.equal(0);
    expect(replayed.stderr, "a difference between the record and the replay").to.equal("");
    const at = new Date(evidence?.at ?? 0).toISOString().slice(11, 19);
    expect(replayed.stdout.replaceAll(/\s+/g, " "))
      .to.include(`as then ✖ rolled back at ${at} says errors. canary `)
      .and.include("tolerance=100, margin=50% ✔ not rolled back");

    // When a stable pod is replaced, native control sets the condition to progressing again.
    const [victim] = shop.pods("v1");
    await shop.run("delete", "pod", victim?.metadata.name ?? "", "--wait=false");
    await shop.until(
      "a stable pod replaced",
      () => shop.pods("v1").filter((pod) => pod.status?.phase === "Running").length === 5,
    );
    await shop.until("failed again", () => shop.condition("Progressing")?.message === message);
    expect((await shop.kubectl("rollout", "status", "deployment/web", "--timeout=20s")).code).to.equal(1);

    const failures = [...load.rows()].filter(({ status }) => status !== 200);
    expect(
      failures.filter(({ version, at }) => version !== "v2" || at > settled),
      "of the stable version, of the gateway, or late",
    ).to.deep.equal([]);
    expect(failures.length).to.be.above(0);

    await shop.run(
      "annotate",
      "deployment/web",
      `serin.dev/retry=${shop.deployment().metadata.annotations?.["deployment.kubernetes.io/revision"]}`,
    );
    await shop.weighs(10);
    await shop.until("the verdict of the retry", () => shop.record("v2-err5")?.outcome === "failed");
    await shop.until("the failure at rest", () => shop.held()?.phase === "failed");
    expect(shop.deployment().metadata.annotations).to.not.have.property("serin.dev/retry");

    const from = Date.now();
    await shop.run("annotate", "deployment/web", "serin.dev/steps=50", "--overwrite");
    expect(await shop.run("set", "image", "deployment/web", "app=app:v3")).to.include("--to-revision=1");
    const exit = await shop.kubectl("rollout", "status", "deployment/web", "--timeout=150s");
    expect(exit.code, exit.stderr).to.equal(0);
    await shop.atRest();
    expect(shop.pods("v3")).to.have.length(5);
    expect([...load.rows(from)].filter((row) => row.status !== 200 && row.version !== "v2")).to.deep.equal(
      [],
    );
    expect(await objects()).to.deep.equal(before);
  });
});
