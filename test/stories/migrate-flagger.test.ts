import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { deployAsFlagger } from "./flagger-objects.ts";
import { serin } from "./plugin.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

onEachGatewayAtOnce("kubectl serin migrate flagger", function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("flagger", { gateway });
    await deployAsFlagger(shop);
  });
  after(() => shop?.close());

  it("shows the steps and changes nothing", async () => {
    const before = await shop.manifest("httproutes");
    const { code, stdout } = await serin(shop, "migrate", "flagger", "web", "--ascii");
    expect(code).to.equal(0);
    expect(stdout)
      .to.contain("0 of 11 steps done")
      .and.contain("> 1 suspend: Set spec.suspend")
      .and.contain("- 11 remove:");
    expect(await shop.manifest("httproutes")).to.deep.equal(before);
  });

  it("moves the users in steps, after a kill, without a failed request", async () => {
    const load = shop.load();
    await kill(/shift/);
    expect((await shop.manifest("deployments")).spec.replicas).to.equal(4);
    const all = await serin(shop, "migrate", "flagger", "web", "--execute");
    expect(all.code, all.stderr).to.equal(0);
    expect(all.stdout).to.contain("deployment.apps/web is with Serin alone");
    expect(await shop.names("deployments")).to.deep.equal(["web"]);
    expect(await shop.names("services")).to.deep.equal(["web"]);
    const route = await shop.manifest("httproutes");
    expect(route.metadata.ownerReferences).to.equal(undefined);
    expect(route.spec.rules?.map(({ backendRefs }) => backendRefs?.map(({ name }) => name))).to.deep.equal([
      ["web"],
    ]);
    const { total } = load.since(0);
    expect(total, "requests").to.be.above(5_000);
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
    expect(stderr).to.contain("serin: canary 25→50 %").and.contain("checks success-rate >= 99%");
    expect(shop.deployment().spec.progressDeadlineSeconds).to.equal(90);
  });

  /** Runs the command and kills it without notice once it has told that step. */
  async function kill(step: RegExp, ...args: string[]): Promise<void> {
    const line = ["cli/main.ts", "migrate", "-n", shop.namespace, "flagger", "web", "--execute", ...args];
    const env = { PATH: "/usr/bin:/bin", KUBECONFIG: shop.cluster.kubeconfig, LANG: "C.UTF-8" };
    const child: ChildProcess = spawn(process.execPath, line, { env });
    const ended = once(child, "exit");
    let said = "";
    child.stdout?.on("data", (data) => {
      said += String(data);
      if (step.test(said)) child.kill("SIGKILL");
    });
    const [, signal] = await ended;
    expect(signal, said).to.equal("SIGKILL");
  }
});
