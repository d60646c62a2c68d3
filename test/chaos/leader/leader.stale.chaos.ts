import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { eventually } from "../../cluster/wait.ts";
import { grantedTo } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import type { Call, Way } from "../api/trouble.ts";
import { openShop, way } from "../fixture.ts";

const PLAN = { "serin.dev/steps": "25:8s, 50", "serin.dev/compare": "off", "serin.dev/checks": "none" };

describeCluster("a leader that can write but no longer reads", function () {
  this.timeout(180_000);
  let shop: Shop;
  let door: Way;
  beforeEach(async () => {
    door = await way();
    shop = await openShop("stale");
  });
  afterEach(async () => {
    door.set();
    await shop.close();
  });

  it("changes nothing that a user has begun in the meantime", async () => {
    await shop.deploy({ interval: "4s", plan: PLAN });
    const load = shop.load(100);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(25);
    const written: Written[] = [];
    const healed = Promise.withResolvers<"cut">();
    door.set({
      before: (call) => (isRead(call) ? healed.promise : "pass"),
      after(call, status) {
        if (call.container === "controller" && call.isWrite) written.push({ call, status });
        return "pass";
      },
    });
    door.cut();
    // The leader does not learn of v3. In its view v2 is at the first step, and the second one is due soon.
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.until("v3 superseding", () => shop.held()?.latched);
    const v3 = shop.deployment().metadata.generation;
    const stepped = await eventually("its next step", async () => written.find(isRecord), 30_000);
    // For its next action it must read, or its write must be allowed.
    await eventually(
      "its next call",
      async () => door.calls.find((call) => isNext(call, stepped.call)),
      30_000,
    );
    expect(shop.weight(), "v2's weight").to.equal(25);
    expect(shop.deployment().metadata.generation, "the Deployment as its user left it").to.equal(v3);
    const harmful = written.filter((write) => write.status < 300 && !isRecord(write) && !informsUsers(write));
    expect(harmful.map(({ call }) => [call.method, call.path, call.body])).to.deep.equal([]);
    door.set();
    healed.resolve("cut");

    await shop.until("the promotion", () => shop.record("v3")?.outcome === "promoted", 90_000);
    await shop.atRest();
    expect(shop.record("v2")).to.include({ outcome: "superseded" });
    expect(grantedTo(shop)).to.deep.equal([25, 0, 25, 50, 0]);
    const done = written
      .filter(({ status }) => status < 300)
      .map(({ call }) => `${call.method} ${call.path}`);
    console.log(`        ${written.length} writes of a leader that read nothing, done: ${done.join(", ")}`);
    await expectNoFailures(load);
  });
});

/** All reads except of the Lease, so that it stays the leader. */
function isRead({ container, method, path }: Call): boolean {
  return container === "controller" && method === "GET" && !path.includes("/leases");
}

interface Written {
  readonly call: Call;
  readonly status: number;
}

/** Its own record on the version that it takes to be in flight. */
function isRecord({ call }: Written): boolean {
  return call.path.includes("/replicasets/");
}

/** A condition or an Event, which only informs users. */
function informsUsers({ call }: Written): boolean {
  return call.path.includes("/status") || call.path.includes("/events");
}

function isNext(call: Call, { at }: Call): boolean {
  const isOther = !call.path.includes("/leases") && !call.path.includes("/events") && !call.isWatch;
  return call.container === "controller" && call.at > at && isOther;
}
