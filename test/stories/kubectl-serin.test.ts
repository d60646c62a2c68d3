import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import * as v from "valibot";
import { type RolloutView, viewSchema } from "../../rollout/view/view.ts";
import { describeCluster } from "../cluster/fixture.ts";
import { expectPanels } from "./panels.ts";
import { serin, startSerin } from "./plugin.ts";
import { Shop } from "./shop.ts";

// The commands read the API server alone, so one gateway is enough.
describeCluster("kubectl serin", function () {
  this.timeout(240_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("plugin");
    await shop.deploy({ plan: { "serin.dev/steps": "25, pause, 50:10m" }, interval: "2s" });
    shop.load(200);
    const bindings = ["view", "edit"].map((role) =>
      shop.run("create", "rolebinding", role, `--clusterrole=${role}`, `--user=${role}er`),
    );
    await Promise.all(bindings);
  });
  after(() => shop?.close());

  const update = (tag: string) => shop.run("set", "image", "deployment/web", `app=app:${tag}`);
  const order = (name: string) =>
    shop.run("annotate", "deployment/web", `serin.dev/${name}=${shop.revision()}`);
  const view = async (): Promise<RolloutView> => {
    const { code, stdout, stderr } = await serin(shop, "status", "web", "-o", "json");
    expect(code, stderr).to.equal(0);
    const seen = JSON.parse(stdout) as RolloutView;
    expect(v.parse(viewSchema, seen)).to.deep.equal(seen);
    return seen;
  };
  const paused = () =>
    shop.until(
      "the pause",
      () => shop.record("v2")?.paused === true && shop.condition()?.reason === "Holding",
    );

  /** By the image and by a file; as a user who may not ask Prometheus, and as users who may not release. */
  async function expectPreflight() {
    const all = await serin(shop, "preflight", "web", "--image=app=app:v2");
    expect(all.stdout, all.stderr)
      .to.match(/^✔ admission: canary 25→pause→50 %/m)
      .and.match(/^✔ httproute\/web: route \S+\/web is accepted by Traefik$/m)
      .and.match(/^! metrics: Traefik: \d+ series, scraped every 2s, so a step of 2s is judged by few/m)
      .and.match(/^✔ traffic: [\d.]+ requests\/s in the last 30m, 0\.00 % failed/m)
      .and.match(/^. estimate: 25 %: verified after about/m)
      .and.match(/^. pods end: /m)
      .and.match(/^0 errors, \d warnings?$/m);
    const file = join(shop.cluster.dir, "web-v2.yaml");
    writeFileSync(
      file,
      shop.manifests({ image: "app:v2", plan: { "serin.dev/steps": "40" }, interval: "2s" }),
    );
    const other = await serin(shop, "preflight", "-f", file, "--rps=100", "--as=editer");
    expect(other.stdout, other.stderr)
      .to.match(/^✔ admission: canary 40 %/m)
      .and.match(/^! gateway: not checked: \w+\.gateway\.networking\.k8s\.io is forbidden/m)
      .and.match(/^! metrics: not checked: the routes say which series/m)
      .and.match(/^. estimate: 40 %: verified after about .* at 100 requests\/s/m);
    writeFileSync(
      file,
      shop.manifests({ image: "app:v1", plan: { "serin.dev/steps": "40" }, interval: "2s" }),
    );
    const same = await serin(shop, "preflight", "-f", file);
    expect(same.stdout, same.stderr).to.include("the template stays the same, so no rollout begins");
    for (const user of ["viewer", "nobody"]) {
      const { code, stderr } = await serin(shop, "preflight", "web", `--as=${user}`);
      expect([code, /You need the right to \w+ deployments\.apps/.test(stderr)], stderr).to.deep.equal([
        1,
        true,
      ]);
    }
    expect(shop.deployment().spec.template.spec?.containers?.[0]?.image).to.equal("app:v1");
  }

  it("says at rest that nothing is in flight, and waits for nothing", async () => {
    expect(await view()).to.include({ state: "rest", revision: "1" });
    expect((await serin(shop, "status")).stderr).to.include(
      `No rollout is in flight in the namespace ${shop.namespace}`,
    );
    expect((await serin(shop, "diff", "web")).stderr).to.include("is at rest, so Serin has changed nothing");
    expect((await serin(shop, "status", "--all")).stdout).to.match(/^web +canary +– at rest/m);
    const { code, stdout } = await serin(shop, "status", "web", "--wait");
    expect([code, stdout.split("\n").at(-2)?.split(" ")[0]]).to.deep.equal([0, "at-rest"]);
    expect((await serin(shop, "history", "web")).stdout).to.match(/^1 +app:v1 +– +native/m);
    const examined = await serin(shop, "doctor");
    expect(examined.stdout).to.include("Serin answers to a new version").and.include(" leads\n");
    expect([examined.code, examined.stdout.split("\n").at(-2)]).to.deep.equal([0, "0 errors, 0 warnings"]);
    const unseen = await serin(shop, "doctor", "--as=nobody");
    expect(unseen.stdout)
      .to.match(/^! leader: not checked: leases.* is forbidden/m)
      .and.include("0 errors");
    expect((await serin(shop, "explain", "web")).stdout)
      .to.match(/^deployment\/web -n \S+: canary /m)
      .and.match(/^ {2}steps .* deployment$/m)
      .and.include("more with defaults: --all")
      .and.match(/^ {2}services +web \(80 to http\)$/m)
      .and.match(/^ {2}route +httproute \S+\/web, rule 0 of 1: \S+ \(Traefik\)$/m)
      .and.match(/^ {2}pods +5 stable \+ at most 3 \(25 % 2, 50 % 3\)$/m);
    expect((await serin(shop, "explain", "web")).stderr).to.not.include("Warning: serin: canary");
    const seen = await serin(shop, "explain", "web", "--as=viewer");
    expect(seen.stdout, seen.stderr).to.match(/^ {2}pods +5 stable/m);
    expect(seen.stderr).to.include("what a profile or the namespace sets is not shown");
    await expectPreflight();
    const { code: none, stderr } = await serin(shop, "status", "nothing");
    expect([none, stderr]).to.deep.equal([
      1,
      'Error from server (NotFound): deployments.apps "nothing" not found\n',
    ]);
  });

  it("shows the way of a rollout to its pause, with and without rights, and ends a wait there on demand", async () => {
    await update("v2");
    const waiting = await startSerin(
      shop,
      "status",
      "web",
      "--wait",
      "--until=pause",
      "--revision=2",
      "--timeout=90s",
    );
    expect(["preparing", "progressing", "holding"]).to.include((await view()).state);
    const { code, stdout } = await waiting.done;
    expect([code, stdout.split("\n").at(-2)]).to.deep.equal([0, "waiting deployment/web revision 2"]);
    await paused();
    const seen = await view();
    expect(seen).to.deep.include({ state: "waiting", step: 2, traffic: { canary: 25, stable: 75 } });
    expect(seen.waits).to.include({ reason: "person" });
    expect(seen.evidence?.requests.canary, "requests of the canary").to.be.above(0);
    expect(seen.course).to.deep.include.members([{ ...seen.course[0], step: 1, weight: 25 }]);
    expect((await serin(shop, "status", "-A")).stdout).to.match(/web +canary +‖ waiting +2\/3 +25 %/);

    const changed = (await serin(shop, "diff", "web")).stdout;
    expect(changed)
      .to.match(/^\+minReadySeconds: 2147483645$/m)
      .and.match(/^\+ +weight: 3$/m);
    expect(changed)
      .to.include("--- service/web-canary")
      .and.include(`--- httproute/web -n ${shop.namespace}  as its owner`);

    const limited = await serin(shop, "status", "web", "--as=viewer");
    expect(limited.stdout).to.include("you may not list routes").and.include("stable 75 %, canary 25 %");
    expect((await serin(shop, "history", "web", "--as=viewer")).code).to.equal(0);
    expect((await serin(shop, "status", "web", "--as=editer")).code).to.equal(0);
    const { code: none, stderr } = await serin(shop, "status", "web", "--as=nobody");
    expect(none).to.equal(1);
    expect(stderr).to.include("You need the right to get deployments.apps in the namespace");
  });

  it("ends a wait by its time limit with 2, and at the promotion with 0", async () => {
    expect((await serin(shop, "status", "web", "--wait", "--timeout=1s")).code).to.equal(2);
    const waiting = await startSerin(shop, "status", "web", "--wait", "--timeout=90s");
    await order("promote");
    const { code, stdout, stderr } = await waiting.done;
    expect([code, stdout.split("\n").at(-2)], stderr).to.deep.equal([
      0,
      "promoted deployment/web revision 2",
    ]);
    await shop.atRest();
    expect(await view()).to.include({ state: "rest", outcome: "promoted" });
    expect((await serin(shop, "history", "web")).stdout).to.match(
      /^2 +app:v2 +canary +promoted.* 25 % +\S+/m,
    );
    const { stdout: found } = await shop.kubectl(
      "get",
      "rs",
      "-l",
      "serin.dev/verdict=promoted",
      "-o",
      "name",
    );
    expect(found.trim()).to.equal(`replicaset.apps/${shop.replicaSet("v2")?.metadata.name}`);
  });

  it("ends a wait at a rollback with 3 and the verdict, and shows the failure", async () => {
    await update("v3");
    const waiting = await startSerin(shop, "status", "web", "--wait", "--timeout=90s");
    await shop.until("its weight", () => shop.weight() === 25);
    await expectPanels(shop);
    await order("abort");
    const { code, stdout, stderr } = await waiting.done;
    expect([code, stdout.split("\n").at(-2)]).to.deep.equal([3, "rolled-back deployment/web revision 3"]);
    expect(stderr).to.include("aborted on request");
    const screen = await serin(shop, "status", "web");
    expect(screen.stdout).to.include("✖ rolled back").and.include("kubectl serin retry web");
    expect((await serin(shop, "history", "web", "--revision=3")).stdout).to.include("aborted on request");
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
  });

  it("ends a wait with 4 when another version came, or the stable one came back", async () => {
    await update("v4");
    const superseded = await startSerin(shop, "status", "web", "--wait", "--timeout=90s");
    await shop.until("the record", () => shop.record("v4") !== undefined);
    await update("v5");
    expect((await superseded.done).stdout.split("\n").at(-2)).to.match(/^superseded /);
    expect((await superseded.done).code).to.equal(4);
    await shop.until("the record's end", () => shop.record("v4")?.outcome === "superseded");
    const { stdout: events } = await shop.kubectl("get", "events", "--field-selector=reason=Superseded");
    expect(events).to.include("was superseded by a newer template");

    await shop.until("the record", () => shop.record("v5") !== undefined);
    const undone = await startSerin(shop, "status", "web", "--wait", "--timeout=90s");
    await shop.until("its weight", () => shop.weight() === 25);
    await update("v2");
    const { code, stdout } = await undone.done;
    expect([code, stdout.split("\n").at(-2)?.split(" ")[0]]).to.deep.equal([4, "undone"]);
    await shop.atRest();
  });
});
