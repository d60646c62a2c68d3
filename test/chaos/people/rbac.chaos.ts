import { expect } from "chai";
import { readAudit, SERIN } from "../../cluster/audit.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { granted, rightsOf } from "../../cluster/rights.ts";
import type { Shop } from "../../stories/shop.ts";
import type { Call, Fate } from "../api/trouble.ts";
import { openShop, way } from "../fixture.ts";

const PLAN = { "serin.dev/steps": "50:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };
const conflict: Fate = {
  status: 409,
  body: {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    reason: "Conflict",
    code: 409,
    message: "changed meanwhile",
  },
};

describeCluster("rights that only conflicts need", function () {
  this.timeout(120_000);
  let shop: Shop;
  before(async () => {
    shop = await openShop("rights");
    const config = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "web", labels: { "serin.dev/track": "true" } },
    };
    await shop.apply(JSON.stringify({ ...config, data: { a: "1" } }));
    const list = JSON.parse(shop.manifests({ plan: PLAN, replicas: 2 }));
    list.items[0].spec.template.spec.containers[0].envFrom = [{ configMapRef: { name: "web" } }];
    await shop.apply(JSON.stringify(list));
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
  });
  afterEach(async () => (await way()).set());
  after(() => shop?.close());

  it("are used, and no request is refused", async () => {
    const met = new Set<string>();
    const once = (what: string, { container, method, path }: Call) => {
      const fits =
        container === "webhook" && method === "PATCH" && path.includes(`/${what}/web`) && !met.has(what);
      if (fits) met.add(what);
      return fits;
    };
    (await way()).set({
      before: (call) => (once("deployments", call) || once("services", call) ? conflict : "pass"),
    });
    // When the tracker updates the Deployment, the webhook marks it and isolates the Service.
    await shop.run("patch", "configmap/web", "--type=merge", '--patch={"data":{"a":"2"}}');
    await shop.until("in flight", () => shop.held() !== undefined);
    await shop.weighs(50);
    expect([...met].toSorted()).to.deep.equal(["deployments", "services"]);
    const { used, refused } = rightsOf(await readAudit(shop.cluster.auditLog, SERIN));
    expect([...refused]).to.deep.equal([]);
    for (const right of ["webhook: get deployments.apps", "webhook: get services"]) {
      expect(granted(), right).to.include(right);
      expect([...used], right).to.include(right);
    }
  });
});
