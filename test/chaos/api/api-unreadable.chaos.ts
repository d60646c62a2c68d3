import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Shop } from "../../stories/shop.ts";
import { openShop, way } from "../fixture.ts";
import { HALF } from "../leader/midway.ts";
import { expectEnded, isAbout } from "./api.ts";
import { type Call, refusal, type Way } from "./trouble.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const DOWN =
  "conversion webhook for gateway.networking.k8s.io/v1, Kind=HTTPRoute failed: no endpoints available";

interface Definition {
  readonly metadata: { readonly name: string; readonly annotations?: object };
  readonly spec: object;
}

describeCluster("reads that the API server refuses", function () {
  this.timeout(240_000);
  let door: Way;
  let shop: Shop;

  before("opens the door", async function () {
    this.timeout(120_000);
    door = await way();
  });
  beforeEach(async () => {
    shop = await openShop("unreadable");
  });
  afterEach(async () => {
    door.set();
    await shop.close();
  });

  /** Refuses the reads of a kind in the shop's namespace by these programs, by lists and one by one. */
  const refuse = (plural: string, message: string, programs = ["controller", "webhook"]) => {
    const fate = refusal(500, "InternalError", message);
    const isRead = ({ method, isWatch }: Call) => method === "GET" && !isWatch;
    const isIt = (call: Call) =>
      programs.includes(call.container) && isAbout(shop, call) && call.path.includes(`/${plural}`);
    door.set({ before: (call) => (isRead(call) && isIt(call) ? fate : "pass") });
  };

  it("are told in the condition, and the rollout goes on with the next answer", async () => {
    await shop.deploy(HALF);
    const why = "replicasets.apps is not to be read now";
    refuse("replicasets", why, ["controller"]);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    const told = `Serin cannot read what the rollout needs: ${why}`;
    await shop.until("the reason", () => shop.condition()?.message?.startsWith(told));
    expect(shop.condition()?.reason).to.equal("Holding");
    door.set();
    await shop.weighs(50);
  });

  it("of routes keep no order to abort from the weight", async () => {
    await shop.deploy(HALF);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(50);
    refuse("httproutes", DOWN);
    const { code, stderr } = await shop.kubectl("rollout", "undo", "deployment/web");
    expect(code, stderr).to.equal(1);
    expect(stderr).to.contain(DOWN);
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    await shop.until("no weight", () => (shop.weight() ?? 0) === 0);
    await shop.until("the verdict", () => shop.condition()?.reason === "RolledBack");
  });

  it("because their kind was removed, end when it is installed and the route applied again", async () => {
    const list = JSON.parse(await shop.deploy(HALF)) as { items: { kind: string }[] };
    const { api } = shop.cluster;
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(50);
    const path = `${DEFINITIONS}/httproutes.gateway.networking.k8s.io`;
    const { metadata, spec } = await api.demand<Definition>("GET", path);
    await api.demand("DELETE", path);
    await shop.until("no route", () => shop.condition()?.message?.startsWith("no route names Service web"));
    const { name, annotations } = metadata;
    const again = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", spec };
    await api.demand("POST", DEFINITIONS, { ...again, metadata: { name, annotations } });
    await shop.run("wait", "--for=condition=Established", `crd/${name}`, "--timeout=60s");
    const routes = { ...list, items: list.items.filter(({ kind }) => kind === "HTTPRoute") };
    await shop.apply(JSON.stringify(routes));
    await shop.until("the weight again", () => shop.weight() === 50, 120_000);
    await shop.run("rollout", "undo", "deployment/web");
    await expectEnded(shop, "v1", 60_000);
  });
});
