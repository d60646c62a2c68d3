import { expect } from "chai";
import type { Service } from "../../kube/core/services.ts";
import { ports } from "../cluster/addresses.ts";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import type { Load } from "../cluster/load.ts";
import { followed } from "./followed.ts";
import { grantedTo } from "./granted.ts";
import { expectShare } from "./share.ts";
import { Shop } from "./shop.ts";

const plan = {
  "serin.dev/steps": "20",
  "serin.dev/compare": "off",
  "serin.dev/checks": "none",
  "serin.dev/interval": "5m",
  "serin.dev/max-interval": "5m",
};

onEachGatewayAtOnce("a version with other ports", function (gateway) {
  this.timeout(120_000);
  let shop: Shop;
  let load: Load;
  before(async () => {
    shop = await Shop.open("ports", { gateway });
    await shop.deploy({ plan });
    load = shop.load(100);
  });
  after(() => shop?.close());

  it("gets no request while its pods lack the port that the Service names, and the user is told why", async () => {
    const asked = Date.now();
    const said = await rename("v2", "web");
    const why =
      /Service web sends to targetPort "http", and no container of the new version has a port of that name/;
    expect(said).to.match(why);
    await shop.until("the reason", () => why.test(shop.condition()?.message ?? ""));
    const from = Date.now();
    await shop.answered(load, from, 300);
    expect(grantedTo(shop, asked).filter((weight) => weight > 0)).to.deep.equal([]);
    await rename("v3", "http");
    const granted = await shop.weighs(20);
    expectShare(load.between(granted, await shop.counted(load, granted, 2_000)), "v3", 0.2);
    await shop.promote();
    expect(load.since(0).failed, "failed requests").to.equal(0);
  });

  it("gets its requests at its new port, and the stable version at the old one, until the promotion and through it", async () => {
    await shop.run("set", "image", "deployment/web", `app=app:v4-port${ports.otherApp}`);
    const said = await shop.run("patch", "service/web", "--patch", target(ports.otherApp));
    expect(said).to.contain(`keeps targetPort http of port 80 for the stable version until the promotion`);
    const from = await shop.weighs(20);
    expectShare(load.between(from, await shop.counted(load, from, 2_000)), "v4", 0.2);
    await shop.promote();
    await shop.answered(load, Date.now(), 100);
    const { spec } = await shop.cluster.api.demand<Service>(
      "GET",
      `/api/v1/namespaces/${shop.namespace}/services/web`,
    );
    expect(spec.ports?.[0]?.targetPort).to.equal(ports.otherApp);
    expect(spec.selector).to.deep.equal({ app: "web" });
    expect(load.since(0).failed, "failed requests").to.equal(0);
  });

  it("leaves no request behind when it is undone: the Service has the stable version's port", async () => {
    await shop.run("set", "image", "deployment/web", "app=app:v5");
    await shop.run("patch", "service/web", "--patch", target(ports.app));
    await shop.weighs(20);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
    await shop.answered(load, Date.now(), 100);
    expect(load.since(0).failed, "failed requests").to.equal(0);
  });

  it("leaves none when it is undone while native control promotes it: the Service goes back to the old port", async () => {
    await shop.run("set", "image", "deployment/web", "app=app:v6-slow5");
    await shop.run("patch", "service/web", "--patch", target(ports.app));
    await shop.weighs(20);
    await shop.run("annotate", "deployment/web", `serin.dev/promote=${shop.revision()}`);
    const service = () => shop.stock.services.get("web")?.spec;
    await shop.until("the turn to the new port", () => service()?.ports?.[0]?.targetPort === ports.app);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.until("the old port", () => service()?.ports?.[0]?.targetPort === ports.otherApp);
    const from = await followed(shop);
    await shop.atRest();
    await shop.answered(load, Date.now(), 100);
    expect(load.since(from).failed, "failed requests").to.equal(0);
    expect(service()).to.deep.include({ selector: { app: "web" } });
    expect(service()?.ports?.[0]?.targetPort).to.equal(ports.otherApp);
  });

  it("gets its requests at its new port when the Service's own port has another number, too", async () => {
    const list = JSON.parse(await shop.deploy({ name: "moved", plan }));
    const [deployment, service, route] = list.items;
    const renumbered = shop.load(100, "moved");
    deployment.spec.template.spec.containers[0].image = `app:v2-port${ports.otherApp}`;
    service.spec.ports = [{ name: "http", port: 8080, targetPort: ports.otherApp }];
    route.spec.rules[0].backendRefs[0].port = 8080;
    const said = await shop.apply(JSON.stringify(list));
    expect(said).to.contain("keeps targetPort http of port 8080 for the stable version until the promotion");
    const from = await shop.weighs(20, "moved");
    expectShare(renumbered.between(from, await shop.counted(renumbered, from, 2_000)), "v2", 0.2);
    await shop.promote("moved");
    await shop.answered(renumbered, Date.now(), 100);
    expect(renumbered.since(from).failed, "failed requests").to.equal(0);
    expect(shop.stock.services.get("moved")?.spec.ports?.[0]).to.include({
      port: 8080,
      targetPort: ports.otherApp,
    });
  });

  // The rest is about native control, so one gateway is enough.
  if (gateway === "traefik")
    it("ships natively when its Service was changed first: the stable version has no request left to compare with", async () => {
      await shop.run("patch", "service/web", "--patch", target(ports.otherApp));
      const path = "/spec/template/spec/containers/0";
      const changes = [
        { op: "replace", path: `${path}/image`, value: `app:v7-port${ports.otherApp}` },
        { op: "replace", path: `${path}/ports`, value: [{ containerPort: ports.otherApp, name: "http" }] },
      ];
      const said = await shop.run(
        "patch",
        "deployment/web",
        "--type=json",
        "--patch",
        JSON.stringify(changes),
      );
      expect(said).to.contain(
        `native rolling update, no canary: Service web sends to targetPort ${ports.otherApp}, which only the new template has`,
      );
      await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
      const from = await followed(shop);
      await shop.answered(load, from, 100);
      expect(load.since(from).failed, "failed requests").to.equal(0);
      expect(load.since(from).byVersion).to.have.keys("v7");
    });

  function rename(version: string, name: string): Promise<string> {
    const container = { name: "app", image: `app:${version}`, ports: [{ containerPort: ports.app, name }] };
    return shop.run(
      "patch",
      "deployment/web",
      "--patch",
      JSON.stringify({ spec: { template: { spec: { containers: [container] } } } }),
    );
  }
});

function target(targetPort: number): string {
  return JSON.stringify({ spec: { ports: [{ port: 80, targetPort }] } });
}
