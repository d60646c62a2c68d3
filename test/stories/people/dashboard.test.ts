import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import * as v from "valibot";
import type { Charts, EndedList, RolloutDetail, RolloutList } from "../../../dashboard/api.ts";
import { viewSchema } from "../../../rollout/view/view.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { findTools } from "../../cluster/tools.ts";
import { Shop } from "../shop.ts";
import { InstalledDashboard } from "./install-dashboard.ts";
import { Looking } from "./looking.ts";

// The dashboard reads the API server and Prometheus alone, so one gateway is enough.
describeCluster("the dashboard", function () {
  this.timeout(180_000);
  let shop: Shop;
  let dashboard: InstalledDashboard;
  let admin: Looking;
  const looking: Looking[] = [];
  const look = (user: string, groups = "", urlOf = () => dashboard.url()) => {
    const one = new Looking(urlOf, { "x-forwarded-user": user, "x-forwarded-groups": groups });
    looking.push(one);
    return one;
  };
  before(async () => {
    shop = await Shop.open("dashboard");
    const proxy = [
      "--user-header=X-Forwarded-User",
      "--groups-header=X-Forwarded-Groups",
      "--trust-proxy-cidr=0.0.0.0/0",
    ];
    const [installed] = await Promise.all([
      InstalledDashboard.install(shop.cluster, proxy),
      shop.deploy({ plan: { "serin.dev/steps": "20, 50" }, interval: "5s" }),
    ]);
    dashboard = installed;
    shop.load(500);
    admin = look("admin", "system:masters");
  });
  after(async () => {
    for (const one of looking) one.close();
    await dashboard?.remove();
    await shop?.close();
  });

  const key = () => `${shop.namespace}/web`;
  const update = (tag: string) => shop.run("set", "image", "deployment/web", `app=app:${tag}`);
  const of = (path = "") => `api/rollouts/${key()}${path}`;
  const own = () => admin.seen.filter(({ metadata }) => metadata.namespace === shop.namespace);

  it("shows a good rollout from its first row to its record, with the curves that the controller judged", async () => {
    expect(
      (await admin.read<RolloutList>("api/rollouts?all=true")).rollouts.map(({ metadata }) => metadata.name),
    ).to.include("web");
    await update("v2");
    await admin.until("50 %", () => admin.shown.get(key())?.traffic.canary === 50);
    const detail = await admin.read<RolloutDetail>(of());
    expect(v.parse(viewSchema, detail.view)).to.deep.equal(detail.view);
    expect(detail.view.pods.filter(({ version }) => version === "canary")).to.have.length.above(0);
    expect(detail.changes.map(({ name }) => name)).to.include.members([
      "deployment/web",
      "service/web",
      "service/web-canary",
      "httproute/web",
    ]);
    expect(detail.commands).to.include(`kubectl serin promote web -n ${shop.namespace}`);
    expect(detail.missing).to.deep.equal([]);
    const flying = await admin.read<Charts>(of("/charts?revision=2"));
    expect([flying.says, flying.times.length > 1]).to.deep.equal([undefined, true]);

    await admin.until("no row", () => !admin.shown.has(key()), 90_000);
    const states = own().map(({ state, traffic }) => `${state} ${traffic.canary}`);
    expect(new Set(states)).to.include.members(["progressing 20", "progressing 50"]);
    expect(states.indexOf("progressing 20")).to.be.below(states.indexOf("progressing 50"));
    await shop.until("the record", () => shop.record("v2")?.ended !== undefined);
    const record = shop.record("v2");
    const drawn = await admin.read<Charts>(of("/charts?revision=2"));
    expect(drawn.times.at(-1)).to.equal((record?.evidence?.at ?? 0) / 1000);
    expect(drawn.evidence.safe.at(-1)).to.be.closeTo(record?.progress?.safe?.log ?? Number.NaN, 0.001);
    expect(drawn.evidence.harm.at(-1)).to.be.below(drawn.evidence.harmLimit);
    expect(drawn.course.map(({ weight }) => weight)).to.deep.equal([20, 50]);
    const { ended } = await admin.read<EndedList>(`api/ended?namespace=${shop.namespace}`);
    expect(
      ended.map(({ name, revision, outcome, images }) => [name, revision, outcome, ...images]),
    ).to.deep.equal([["web", "2", "promoted", "app:v2"]]);
  });

  it("shows a bad rollout until it is rolled back, and takes the stream up again after a restart", async () => {
    await update("v3-err30");
    await admin.until("its row", () => admin.shown.has(key()));
    const before = admin.connections.length;
    await Promise.all([
      dashboard.restart(),
      admin.until("rolled back", () => admin.shown.get(key())?.state === "rolled-back", 90_000),
    ]);
    await admin.until(
      "another connection",
      () => admin.connections.length > before && admin.connections.at(-1)?.length,
    );
    for (const [first, ...others] of admin.connections.filter((events) => events.length > 0)) {
      expect(first?.all).to.equal(true);
      expect(others.some(({ all }) => all)).to.equal(false);
    }
    const view = admin.shown.get(key());
    expect(view).to.deep.include({ state: "rolled-back", outcome: "failed" });
    expect(view?.says).to.include("worse than allowed");
    const detail = await admin.read<RolloutDetail>(of());
    expect(detail.events.map(({ reason }) => reason)).to.include("RolledBack");
    expect(detail.commands[0]).to.equal(`kubectl serin undo web -n ${shop.namespace}`);
    const drawn = await admin.read<Charts>(of("/charts?revision=3"));
    expect(drawn.says).to.equal(undefined);
    expect(drawn.failed.canary.at(-1)).to.be.above(drawn.failed.allowed.at(-1) ?? 100);
    expect(drawn.evidence.harm.at(-1)).to.be.at.least(drawn.evidence.harmLimit);
  });

  it("shows each user of the proxy the namespaces in which the user may get Deployments", async () => {
    await shop.run("create", "rolebinding", "viewer", "--clusterrole=view", "--user=jane", "--group=team-a");
    const [jane, teamA, joe] = [look("jane"), look("max", "team-b, team-a"), look("joe")];
    for (const one of [jane, teamA]) {
      await one.until("the row", () => one.shown.has(key()));
      expect(await one.status(of())).to.equal(200);
      expect((await one.read<EndedList>("api/ended")).ended.map(({ namespace }) => namespace)).to.include(
        shop.namespace,
      );
    }
    await joe.until("an answer", () => joe.connections.at(-1)?.length);
    expect([...joe.shown.keys()]).to.deep.equal([]);
    expect([await joe.status(of()), await joe.status(of("/charts?revision=3"))]).to.deep.equal([404, 404]);
    expect((await joe.read<RolloutList>("api/rollouts?all=true")).rollouts).to.deep.equal([]);
    expect((await joe.read<EndedList>("api/ended")).ended).to.deep.equal([]);
    const nobody = await fetch(`${await dashboard.url()}/api/rollouts`);
    expect(nobody.status).to.equal(401);
  });

  it("is served through kubectl proxy", async () => {
    const { kubeconfig } = shop.cluster;
    const proxy = spawn(findTools().program("kubectl"), ["proxy", "--port=0"], {
      env: { KUBECONFIG: kubeconfig, PATH: "/usr/bin:/bin" },
    });
    try {
      const [said] = (await once(proxy.stdout, "data")) as [Buffer];
      const at = /127\.0\.0\.1:\d+/.exec(String(said))?.[0];
      const url = `http://${at}/api/v1/namespaces/serin-system/services/http:serin-dashboard:80/proxy`;
      const proxied = look("admin", "system:masters", async () => url);
      await proxied.until("the row", () => proxied.shown.has(key()));
      const page = await fetch(`${url}/`, { headers: { "x-forwarded-user": "admin" } });
      expect([
        page.status,
        page.headers.get("content-security-policy")?.includes("script-src 'self'"),
      ]).to.deep.equal([200, true]);
    } finally {
      proxy.kill();
    }
  });

  it("is served by the plugin with the rights of its user", async () => {
    const { kubeconfig, prometheusUrl } = shop.cluster;
    const line = [
      "cli/main.ts",
      "dashboard",
      "-n",
      shop.namespace,
      "--as=jane",
      "--port=3177",
      `--prometheus=${prometheusUrl}`,
    ];
    const plugin = spawn(process.execPath, line, { env: { KUBECONFIG: kubeconfig, PATH: "/usr/bin:/bin" } });
    try {
      const [said] = (await once(plugin.stdout, "data")) as [Buffer];
      expect(String(said)).to.equal(`http://127.0.0.1:3177/ shows the namespace ${shop.namespace}\n`);
      const local = look("", "", async () => "http://127.0.0.1:3177");
      await local.until("the row", () => local.shown.has(key()));
      const detail = await local.read<RolloutDetail>(of());
      expect(detail.view.state).to.equal("rolled-back");
      expect(detail.missing).to.include("the httproutes are not shown: you may not list them");
      expect((await local.read<Charts>(of("/charts?revision=3"))).says).to.include(
        "it is not known what counted this rollout: httproutes.gateway.networking.k8s.io is forbidden",
      );
    } finally {
      plugin.kill();
    }
  });
});
