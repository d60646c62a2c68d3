import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { eventually } from "../../cluster/wait.ts";
import { grantedTo } from "../../stories/granted.ts";
import { measured } from "../../stories/measured.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { leaderOf, replace } from "../leader/replicas.ts";

const PLAN = { "serin.dev/steps": "25, 50", "serin.dev/compare": "off", "serin.dev/checks": "none" };
/** More than the room of a namespace, 8 Mi characters: each has 60 annotations that a canary Service would carry. */
const SERVICES = 40;
const annotations = Object.fromEntries(
  Array.from({ length: 60 }, (_, i) => [`mesh.example/${i}`, "x".repeat(4_000)]),
);
const names = Array.from({ length: SERVICES }, (_, i) => `long-${i}`);

describeCluster("a namespace whose Services are too long together", function () {
  this.timeout(240_000);
  let long: Shop;
  let other: Shop;
  before(async () => {
    [long, other] = await Promise.all([Shop.open("long"), Shop.open("other")]);
    await Promise.all([long, other].map((shop) => shop.deploy({ interval: "4s", plan: PLAN })));
  });
  after(() => Promise.all([long, other].map((shop) => shop?.close())));

  afterEach(() => remove(names));

  /** A canary that waits because of the Services, and a controller that has just begun. Returns the canary's weight. */
  const waiting = async (tag: string) => {
    await long.run("set", "image", "deployment/web", `app=app:${tag}`);
    await long.weighs(25);
    await Promise.all(names.map((name) => long.cluster.api.demand("POST", path(), serviceOf(name))));
    await long.until("told", () => /are too long together/.test(long.condition()?.message ?? ""));
    const { cluster } = long;
    const leader = await eventually("a leader", async () => (await leaderOf(cluster)) || undefined, 30_000);
    const weight = long.weight();
    await replace(cluster, leader, "controller");
    return weight;
  };
  const path = (name = "") => `/api/v1/namespaces/${long.namespace}/services${name === "" ? "" : `/${name}`}`;
  const remove = (some: readonly string[]) =>
    Promise.all(some.map((name) => long.cluster.request("DELETE", path(name))));

  it("delays no other one, and its canary goes on as soon as they fit, also under another controller", async function () {
    const load = long.load(50);
    const alone = await lasts("v2");
    const weight = await waiting("v2");
    const beside = await lasts("v3");
    expect(long.weight()).to.equal(weight);
    // The rest fits, although nobody has touched it.
    await remove(names.slice(SERVICES / 2));
    await long.until("promoted", () => long.record("v2")?.outcome === "promoted", 60_000);
    await long.atRest();
    expect(grantedTo(long)).to.deep.equal([25, 50, 0]);
    await expectNoFailures(load);
    measured(
      this,
      `another one's rollout took ${alone} ms alone, ${beside} ms beside it and a controller's start`,
    );
    // The start of a controller, whose Lease may have to end.
    expect(beside).to.be.below(alone + 25_000);
  });

  it("obeys the order to abort, also under another controller", async () => {
    const load = long.load(50);
    await waiting("v3");
    const revision = long.deployment().metadata.annotations?.["deployment.kubernetes.io/revision"];
    await long.run("annotate", "deployment/web", `serin.dev/abort=${revision}`);
    await long.until("rolled back", () => long.held()?.phase === "failed" && long.weight() === undefined);
    await expectNoFailures(load);
  });

  async function lasts(tag: string): Promise<number> {
    const from = Date.now();
    await other.run("set", "image", "deployment/web", `app=app:${tag}`);
    return (await other.atRest("web", 120_000)) - from;
  }
});

function serviceOf(name: string): object {
  return { metadata: { name, annotations }, spec: { selector: { app: "long" }, ports: [{ port: 80 }] } };
}
