import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { findHelm } from "../../cluster/tools.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { CHART, helmIn, withoutSerin } from "./serin-chart.ts";

/** Values of an upgrade that restarts the controller and adds the dashboard and a receiver of notices. */
const MORE = [
  "--set=controller.logLevel=debug,dashboard.enabled=true,clusterName=prod-eu",
  '--set-json=notifications={"receivers":{"team":{"type":"slack","url":"https://hooks.example.com/a"}}}',
];
const PLAN = { "serin.dev/steps": "50:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };

// An installation is between Serin and the API server, so one gateway is enough.
describeCluster("Serin's own Helm chart,", function () {
  this.timeout(240_000);
  for (const version of [3, 4] as const)
    it(`by helm ${version}: installed, upgraded and uninstalled in mid-flight, it loses no request`, async () => {
      const shop = await Shop.open(`chart${version}`);
      const { cluster } = shop;
      const helm = helmIn(cluster, version);
      try {
        await withoutSerin(cluster);
        await helm("install", "serin", CHART, "--create-namespace", "--wait", "--timeout=90s");
        await helm("test", "serin", "--timeout=60s");
        await shop.deploy({ preStopSeconds: 3, plan: PLAN });
        const objects = () =>
          Promise.all([shop.manifest("deployments"), shop.manifest("services"), shop.manifest("httproutes")]);
        const was = await objects();
        const load = shop.load(100);
        await shop.run("set", "image", "deployment/web", "app=app:v2");
        await shop.weighs(50);
        await helm("upgrade", "serin", CHART, ...MORE, "--wait", "--timeout=90s");
        expect(shop.weight()).to.equal(50);
        const added = ["deployment/serin-dashboard", "configmap/serin-notifications"];
        const there = await cluster.kubectl(["get", "--namespace=serin-system", "-o=name", ...added]);
        expect(there.code, there.stderr).to.equal(0);

        await helm("uninstall", "serin", "--wait", "--timeout=120s");
        await shop.atRest();
        await shop.until("the canary Service gone", () => shop.stock.services.size === 1);
        expect(await objects()).to.deep.equal(was);
        await expectNoFailures(load);
        const left = await cluster.kubectl([
          "get",
          "mutatingwebhookconfigurations,clusterroles,clusterrolebindings",
          "-l",
          "app.kubernetes.io/name=serin",
          "-o=name",
        ]);
        expect(left.stdout.trim()).to.equal("");
      } finally {
        await shop.close();
      }
    });

  it("rendered and applied with its hooks, as kustomize does, it installs Serin and stops nothing", async () => {
    const shop = await Shop.open("rendered");
    const { cluster } = shop;
    try {
      await withoutSerin(cluster);
      const run = async (args: readonly string[], input = "") => {
        const { code, stderr } = await cluster.kubectl(["--namespace=serin-system", ...args], { input });
        expect(code, stderr).to.equal(0);
      };
      await run(["create", "namespace", "serin-system"]);
      const args = ["template", "serin", CHART, "--namespace=serin-system"];
      const rendered = execFileSync(findHelm(4), args, { encoding: "utf8", stdio: "pipe" });
      await run(["apply", "--server-side", "-f", "-"], rendered);
      await run(["wait", "job/serin-cleanup", "--for=condition=Failed", "--timeout=120s"]);
      await run(["wait", "deployments", "--all", "--for=condition=Available", "--timeout=60s"]);
      await run(["get", "mutatingwebhookconfiguration", "serin"]);
    } finally {
      await shop.close();
    }
  });
});
