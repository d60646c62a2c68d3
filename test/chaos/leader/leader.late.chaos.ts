import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { addresses, ports } from "../../cluster/addresses.ts";
import { type Api, connectApi, type Method } from "../../cluster/api.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { grantedTo } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import type { Call, Way } from "../api/trouble.ts";
import { openShop, way } from "../fixture.ts";
import { leaderOf } from "./replicas.ts";

const PLAN = { "serin.dev/steps": "25, 50", "serin.dev/compare": "off", "serin.dev/checks": "none" };

describeCluster("a write that arrives a second time, after a later one", function () {
  this.timeout(180_000);
  let shop: Shop;
  let door: Way;
  beforeEach(async () => {
    door = await way();
    shop = await openShop("late");
  });
  afterEach(async () => {
    door.set();
    await shop.close();
  });

  it("is refused at every write of a rollout", async () => {
    await shop.deploy({ interval: "4s", plan: PLAN });
    const load = shop.load(100);
    const serin = asSerin(shop, await leaderOf(shop.cluster));
    const late: { readonly call: Call; readonly status: number }[] = [];
    let before: Call | undefined;
    door.set({
      async after(call, status): Promise<"pass"> {
        if (!call.isWrite || call.container !== "controller" || status >= 300) return "pass";
        const again = before;
        before = call;
        if (again !== undefined) late.push({ call: again, status: await send(serin, again) });
        return "pass";
      },
    });
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.until("the promotion", () => shop.record("v2")?.outcome === "promoted", 90_000);
    await shop.atRest();
    door.set();

    expect(late, "writes that came late").to.have.length.above(15);
    const done = late.filter(({ call, status }) => status < 300 && !isCondition(call));
    expect(done.map(({ call, status }) => [status, call.method, call.path, call.body])).to.deep.equal([]);
    expect(grantedTo(shop)).to.deep.equal([25, 50, 0]);
    await shop.until("the canary Service gone", () => shop.stock.services.size === 1);
    expect(shop.condition()).to.include({ reason: "Promoted" });
    console.log(`        ${late.length} writes sent again`);
    await expectNoFailures(load);
  });
});

/** Conditions inform users. No decision depends on them, and the next reconcile rewrites them. */
function isCondition({ path }: Call): boolean {
  return path.includes("/status");
}

/** The API server without the proxy, with the token of that pod. */
function asSerin({ cluster: { dir } }: Shop, pod: string): Api {
  const token = readFileSync(join(dir, "kubelet", `serin-system_${pod}_secrets`, "token"), "utf8");
  const ca = readFileSync(join(dir, "certificates", "apiserver.crt"), "utf8");
  return connectApi({ url: `https://${addresses.host}:${ports.api}`, ca, token });
}

async function send(api: Api, { method, path, body }: Call): Promise<number> {
  const strategic = path.includes("/status") ? "application/strategic-merge-patch+json" : undefined;
  return (await api.request(method as Method, path, JSON.parse(body), strategic)).status;
}
