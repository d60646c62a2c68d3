import { expect } from "chai";
import type { Route } from "../../../kube/core/routes.ts";
import { onEachGateway } from "../../cluster/fixture.ts";
import { expectNoFailures, expectShare } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { atHalf, only, promoted, recovers } from "../leader/midway.ts";
import { type Story, together } from "../load/parallel.ts";

/** What a gateway may need from the moment on at which everything is right again, in ms. */
const SOON_MS = 5_000;
const WEB = { name: "web", port: 80 };

/** `kubectl patch` of the route with a JSON patch. */
async function edit(shop: Shop, ...operations: object[]): Promise<void> {
  await shop.run("patch", "httproute/web", "--type=json", "--patch", JSON.stringify(operations));
}

/** An edit that means nothing for the shares: nobody may notice. */
const harmless =
  (change: (shop: Shop) => Promise<void>): Story =>
  async (shop) => {
    const { was, load } = await atHalf(shop);
    const refs = () => JSON.stringify(shop.stock.httproutes.get("web")?.spec.rules?.[0]?.backendRefs);
    const before = refs();
    await change(shop);
    const from = await shop.answered(load, Date.now(), 100);
    const to = await shop.answered(load, from, 1_000);
    expectShare(load.between(from, to), "v2", 0.5, 900);
    expect(refs()).to.equal(before);
    expect(shop.stock.services.get("web")?.spec.selector).to.have.property("pod-template-hash");
    await promoted(shop, was);
    await expectNoFailures(load);
  };

/** An edit that takes the users' answers away, until it is taken back. */
const harmful =
  (...operations: object[]): Story =>
  async (shop) => {
    const { v1, was, load } = await atHalf(shop);
    const generation = shop.stock.httproutes.get("web")?.metadata.generation ?? 0;
    await edit(shop, ...operations);
    await shop.until(
      "edited",
      () => (shop.stock.httproutes.get("web")?.metadata.generation ?? 0) > generation,
    );
    await shop.answered(load, Date.now(), 300);
    expect(shop.record("v2")).to.include({ outcome: "running", step: 0 });
    const mended = Date.now();
    await shop.apply(only(v1, "HTTPRoute"));
    const figures = await recovers(shop, load, mended, SOON_MS);
    await promoted(shop, was);
    return figures;
  };

const refs = "/spec/rules/0/backendRefs";
const byHand: Record<string, Story> = {
  "the canary's weight, set to 100": harmless((shop) =>
    edit(shop, { op: "replace", path: `${refs}/1/weight`, value: 100 }),
  ),
  "the canary, taken out": harmless((shop) => edit(shop, { op: "remove", path: `${refs}/1` })),
  "Serin's marks of the route, removed or garbled": harmless(async (shop) => {
    await shop.run("annotate", "httproute/web", "serin.dev/held-");
    await shop.run("annotate", "httproute/web", "serin.dev/held={", "--overwrite");
    await shop.run("label", "httproute/web", "serin.dev/flight-");
  }),
  "Serin's marks of the Service, removed or garbled": harmless(async (shop) => {
    await shop.run("annotate", "service/web", "serin.dev/held-");
    await shop.run("annotate", "service/web", "serin.dev/held=[]", "--overwrite");
    await shop.run("label", "service/web", "serin.dev/flight=me", "--overwrite");
  }),
};

const nonsense: Record<string, Story> = {
  "a Service that is not there": harmful({ op: "replace", path: refs, value: [{ name: "nope", port: 80 }] }),
  "no weight for anybody": harmful({ op: "replace", path: refs, value: [{ ...WEB, weight: 0 }] }),
  "a port that the Service has not (ResolvedRefs False)": harmful({
    op: "replace",
    path: refs,
    value: [{ ...WEB, port: 81 }],
  }),
  "a Gateway that is not there": harmful({ op: "replace", path: "/spec/parentRefs/0/name", value: "nope" }),
  "other rules, and none of them for the Service": harmful({
    op: "replace",
    path: "/spec/rules",
    value: [{ matches: [{ path: { type: "PathPrefix", value: "/nowhere" } }] }],
  }),
};

const turned: Record<string, Story> = {
  "rules turned round keep the shares, and stay turned": async (shop) => {
    const { was, load } = await atHalf(shop);
    const rule = shop.stock.httproutes.get("web")?.spec.rules?.[0];
    const header = [
      { headers: [{ name: "x-team", value: "a", type: "Exact" }], path: { type: "PathPrefix", value: "/" } },
    ];
    await edit(shop, { op: "add", path: "/spec/rules/-", value: { ...rule, matches: header } });
    const [first, second] = shop.stock.httproutes.get("web")?.spec.rules ?? [];
    expect(second?.backendRefs).to.deep.equal(first?.backendRefs);
    await edit(shop, { op: "replace", path: "/spec/rules", value: [second, first] });
    const from = await shop.answered(load, Date.now(), 100);
    expectShare(load.between(from, await shop.answered(load, from, 1_000)), "v2", 0.5, 900);
    await shop.promote();
    const [, route] = was as [object, Route];
    const [backend] = route.spec.rules?.[0]?.backendRefs ?? [];
    const rules = shop.stock.httproutes.get("web")?.spec.rules;
    expect(rules?.map(({ backendRefs }) => backendRefs)).to.deep.equal([[backend], [backend]]);
    expect(rules?.[0]?.matches).to.deep.equal(header);
    await expectNoFailures(load);
  },

  "a Service that is pointed at other pods leaves the rollout, and may come back": async (shop) => {
    await shop.deploy({ name: "other", image: "app:o1" });
    const { was, load } = await atHalf(shop);
    const point = (app: string) =>
      shop.run(
        "patch",
        "service/web",
        "--type=merge",
        "--patch",
        JSON.stringify({ spec: { selector: { app } } }),
      );
    const from = Date.now();
    await point("other");
    await shop.until("no weight", () => shop.weight() === 0);
    const settled = await shop.answered(load, Date.now() + 2_000, 100);
    const to = await shop.answered(load, settled, 300);
    expect(load.between(settled, to).byVersion).to.have.all.keys("o1");
    expect(load.between(from, to).failed).to.equal(0);
    expect(shop.stock.services.get("web")?.spec.selector).to.deep.equal({ app: "other" });
    await point("web");
    await shop.weighs(50);
    await promoted(shop, was);
    await expectNoFailures(load);
  },

  "another Service for the same pods is narrowed at the next step": async (shop) => {
    const plan = {
      "serin.dev/steps": "25:10m, 50:10m",
      "serin.dev/compare": "off",
      "serin.dev/checks": "none",
    };
    const v1 = await shop.deploy({ interval: "2s", plan });
    const load = shop.load(50);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(25);
    const second = JSON.parse(only(v1, "Service"));
    second.metadata.name = "second";
    await shop.apply(JSON.stringify(second));
    await shop.run("annotate", "deployment/web", "serin.dev/steps=25, 50:10m", "--overwrite");
    await shop.weighs(50);
    expect(shop.stock.services.get("second")?.spec.selector).to.have.property("pod-template-hash");
    await shop.promote();
    expect(shop.stock.services.get("second")?.spec.selector).to.deep.equal({ app: "web" });
    await expectNoFailures(load);
  },
};

onEachGateway("edited by hand at half of the traffic:", function (gateway) {
  this.timeout(240_000);
  describe("what is Serin's:", () => together(gateway, byHand));
  describe("the route, to nonsense:", () => together(gateway, nonsense));
  describe("what is the user's:", () => together(gateway, turned));
});
