import { expect } from "chai";
import { onEachGateway } from "../cluster/fixture.ts";
import { serin } from "./plugin.ts";
import { expectNoFailures, expectShare } from "./share.ts";
import { Shop } from "./shop.ts";

const FOR_EVER = "10m";

onEachGateway("kubectl serin orders what users mean", function (gateway) {
  // The orders do not depend on the gateway.
  if (gateway !== "traefik") return;
  this.timeout(180_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("plugin", { gateway });
    const plan = {
      "serin.dev/steps": `20:${FOR_EVER}, 50:${FOR_EVER}, pause, 80:${FOR_EVER}`,
      "serin.dev/compare": "off",
      "serin.dev/checks": "none",
    };
    await shop.deploy({ interval: "2s", plan });
  });
  after(() => shop?.close());

  const update = (image: string) => shop.run("set", "image", "deployment/web", `app=app:${image}`);
  const condition = (pattern: RegExp) => () => pattern.test(shop.condition()?.message ?? "");

  it("preflight says what another version would meet, and changes nothing", async () => {
    const { generation } = shop.deployment().metadata;
    const { code, stdout } = await serin(shop, "preflight", "web", "--image=app=app:v2", "--ascii");
    expect(stdout).to.match(/^\+ admission: canary 20→50→pause→80 %/);
    expect(stdout).to.contain("+ room: 4 pods more at the peak").and.contain("0 errors");
    expect(code).to.equal(0);
    const wrong = await serin(shop, "preflight", "web", "--image=none=app:v2");
    expect(wrong.stderr).to.contain("names no container: use CONTAINER=IMAGE with one of app");
    expect(shop.deployment().metadata.generation).to.equal(generation);
  });

  it("advance goes to the next step only, also from a pause, and promote to the end", async () => {
    await update("v2");
    const load = shop.load(100);
    const from = await shop.weighs(20);
    const dry = await serin(shop, "advance", "web", "--dry-run=server");
    expect(dry.stdout).to.equal(
      "deployment.apps/web advance of revision 2 ordered at step 1 of 4 (server dry run)\n",
    );
    const late = await shop.kubectl("annotate", "deployment/web", "serin.dev/advance=2/2");
    expect(late.stderr).to.contain('serin.dev/advance: "2/2" is not the step in force; expected "2/1"');
    await shop.counted(load, from, 1_000);
    expect(shop.weight(), "after a dry run and a refused order").to.equal(20);

    expect(await serin(shop, "advance", "web")).to.deep.equal({
      code: 0,
      stdout: "deployment.apps/web advance of revision 2 ordered at step 1 of 4\n",
      stderr: "",
    });
    const at = await shop.weighs(50);
    expectShare(load.between(at, await shop.counted(load, at, 2_000)), "v2", 0.5);
    expect(shop.record("v2")?.message).to.match(
      /^step 2 of 4 after 20%: advanced on request, asked by admin: /,
    );
    await serin(shop, "advance", "deploy/web");
    await shop.until("the plan's pause", condition(/holding at 50%: paused by the plan/));
    await serin(shop, "advance", "deployment/web");
    await shop.until("80%", () => shop.weight() === 80);
    expect((await serin(shop, "advance", "web")).stderr).to.equal(
      "error: deployment/web is at its last step: kubectl serin promote web promotes it\n",
    );
    expect((await serin(shop, "promote", "web")).stdout).to.contain(
      "promotion of revision 2 ordered at step 4 of 4",
    );
    await shop.run("rollout", "status", "deployment/web", "--timeout=90s");
    await shop.atRest();
    expect((await serin(shop, "promote", "web")).stderr).to.match(
      /^error: deployment\/web is not in flight; revision 2 was promoted [\dms]+ ago\n$/,
    );
    await expectNoFailures(load);
  });

  it("pause, resume, abort, retry and undo do what they say", async () => {
    const load = shop.load(100);
    await update("v3");
    await shop.weighs(20);
    expect((await serin(shop, "pause", "web")).stdout).to.match(/^deployment\.apps\/web paused: /);
    await shop.until("the pause", condition(/holding at 20%: paused|canary has 20%/));
    expect((await serin(shop, "pause", "web")).stderr).to.equal(
      'error: deployments.apps "web" is already paused\n',
    );
    expect((await serin(shop, "undo", "web")).stderr).to.contain("is paused: kubectl serin abort web first");
    expect((await serin(shop, "resume", "web")).stdout).to.equal("deployment.apps/web resumed\n");
    expect((await serin(shop, "abort", "web")).stdout).to.equal(
      "deployment.apps/web abort of revision 3 ordered at step 1 of 4, all traffic goes to revision 2\n",
    );
    await shop.until("rolled back", condition(/^rolled back at 20%/));
    expect((await serin(shop, "promote", "web")).code).to.equal(1);
    expect((await serin(shop, "retry", "web")).stdout).to.match(
      /retry of revision 3 ordered: it was rolled back [\dms]+ ago/,
    );
    await shop.until("20% again", () => shop.weight() === 20);
    expect((await serin(shop, "undo", "web")).stdout).to.equal(
      "deployment.apps/web rolled back to revision 2 (app:v2)\n",
    );
    await shop.run("rollout", "status", "deployment/web", "--timeout=90s");
    await shop.atRest();
    expect(shop.deployment().metadata.annotations).to.include({ "serin.dev/rollout": "canary" });
    await expectNoFailures(load);
  });

  it("needs the rights of edit, and says which right is missing; kubectl completes it", async () => {
    await shop.run("create", "rolebinding", "jane", "--clusterrole=edit", "--user=jane");
    await update("v4");
    await shop.weighs(20);
    const refused = await serin(shop, "abort", "web", "--as=john");
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.contain('Error from server (Forbidden): deployments.apps "web" is forbidden');
    expect(refused.stderr).to.contain(
      `You need the right to get deployments.apps in the namespace ${shop.namespace}`,
    );
    expect(await serin(shop, "abort", "web", "--as=jane")).to.include({ code: 0 });
    await shop.until("rolled back", condition(/^rolled back at 20%.*asked by jane/));
    expect(await serin(shop, "promote", "nothing", "web")).to.include({ code: 1, stdout: "" });

    expect((await serin(shop, "__complete", "adv")).stdout).to.match(/^advance\tLeaves .*\n:4\n/);
    expect((await serin(shop, "__complete", "abort", "-n", shop.namespace, "w")).stdout).to.match(
      /^web\n:4\n/,
    );
  });
});
