import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Output } from "../../cluster/kubectl.ts";
import { measured } from "../../stories/measured.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { withoutSerin } from "../../stories/without-serin.ts";
import { atHalf, type Midway, promoted, theirs, traces } from "../leader/midway.ts";

type Copy = { readonly kind: string; readonly metadata: Record<string, unknown>; readonly spec: object };

// Copies are between the API server and Serin, so one gateway is enough.
describeCluster("objects copied at half of the traffic into another namespace,", function () {
  this.timeout(240_000);
  let shop: Shop;
  let other: Shop;
  let flight: Midway;
  let copies: readonly Copy[];
  before(async () => {
    shop = await Shop.open("copied");
    flight = await atHalf(shop);
    const { stdout } = await shop.kubectl("get", "replicasets,deployments,httproutes,services", "-o=json");
    copies = JSON.parse(stdout).items.map(withoutIdentity);
  });
  beforeEach(async () => {
    other = await Shop.open("copy");
  });
  afterEach(() => other?.close());
  after(() => shop?.close());

  it("without the stable ReplicaSet, are refused, with the way out", async () => {
    const { code, stderr } = await create(deployment());
    expect(code).to.equal(1);
    expect(stderr).to.include("set the stable version's template, or remove annotation serin.dev/held");
    expect(await other.names("deployments")).to.deep.equal([]);
  });

  it("without annotations, lose the hold, and the user hears of it", async () => {
    const { code, stderr } = await create(stripped());
    expect(code, stderr).to.equal(0);
    expect(stderr).to.include("minReadySeconds: 2147483645");
    expect(stderr).to.include("came from a copy of a Deployment in flight: Serin removes this");
    await other.run("rollout", "status", "deployment/web", "--timeout=60s");
    expect(other.deployment().spec).to.not.have.any.keys("minReadySeconds", "serin.dev/held");
  });

  it("without annotations and without Serin, lose the hold when Serin is back", async () => {
    await withoutSerin(other.cluster, async () => {
      expect(await create(stripped())).to.include({ code: 0 });
      await other.until("a held copy", () => other.deployment().spec.minReadySeconds === 2_147_483_645);
    });
    await other.until("the hold removed", () => other.deployment().spec.minReadySeconds === undefined);
    await other.run("rollout", "status", "deployment/web", "--timeout=60s");
    const events = await other.run("get", "events", "--field-selector=reason=HoldRemoved", "-o=name");
    expect(events.trim().split("\n")).to.have.length(1);
  });

  it("with ReplicaSets, route and Services, serve the stable version without any mark soon", async function () {
    const from = Date.now();
    for (const copy of copies) {
      const { code, stderr } = await create({ ...copy, spec: inOther(copy.spec) });
      expect(code, stderr).to.equal(0);
    }
    // The Service may wait for an update that is still to be stored.
    await other.until("no trace of Serin", () => traces(other).length === 0, 50_000);
    measured(this, `restored after ${Math.round((Date.now() - from) / 1_000)} s`);
    expect(theirs(other).map(specOf)).to.deep.equal(flight.was.map(specOf).map(inOther));
    await other.run("rollout", "status", "deployment/web", "--timeout=60s");
    expect(other.pods("v1")).to.have.length(5);
    expect(other.pods("v2")).to.have.length(0);
    await other.serves(other.host());
  });

  it("change nothing in the rollout that they were copied from", async () => {
    expect(shop.weight()).to.equal(50);
    await promoted(shop, flight.was);
    await expectNoFailures(flight.load);
  });

  const create = ({ metadata, ...rest }: Copy): Promise<Output> =>
    other.cluster.kubectl(["create", "-f", "-"], {
      namespace: other.namespace,
      input: JSON.stringify({ ...rest, metadata: { ...metadata, namespace: other.namespace } }),
    });

  /** With the other shop's host, because of two routes with the same one a gateway obeys the older one. */
  function inOther<T>(part: T): T {
    return JSON.parse(JSON.stringify(part).replaceAll(shop.host(), other.host()));
  }

  function deployment(): Copy {
    const found = copies.find(({ kind }) => kind === "Deployment");
    if (found === undefined) throw new Error("no Deployment was copied");
    return found;
  }

  /** As tools write it that keep only what they know. */
  function stripped(): Copy {
    const { metadata, ...rest } = deployment();
    const { annotations: _annotations, labels: _labels, ...kept } = metadata;
    return { ...rest, metadata: kept };
  }
});

const specOf = (object: object): unknown => ("spec" in object ? object.spec : undefined);

/** The object as a backup keeps it: without what the API server gives, and without owners of another namespace. */
function withoutIdentity({ kind, metadata, spec, ...rest }: Copy & { readonly status?: object }): Copy {
  const { status: _status, ...more } = rest;
  const { uid: _u, resourceVersion: _r, creationTimestamp: _c, generation: _g, ...named } = metadata;
  const { managedFields: _m, ownerReferences: _o, ...kept } = named;
  const { clusterIP: _ip, clusterIPs: _ips, ...own } = spec as Record<string, unknown>;
  return { ...more, kind, metadata: kept, spec: own };
}
