import { expect } from "chai";
import type { Route } from "../../../kube/core/routes.ts";
import { onEachGateway } from "../../cluster/fixture.ts";
import { expectNoFailures, expectShare } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { type Story, together } from "../../stories/together.ts";
import { atHalf, only, promoted, recovers } from "../leader/midway.ts";

/** The most time with failures after the correction, in ms: a gateway needs time to follow. */
const SOON_MS = 5_000;
const WEB = { name: "web", port: 80 };

/** `kubectl patch` of the route with a JSON patch. */
async function edit(shop: Shop, ...operations: object[]): Promise<void> {
  await shop.run("patch", "httproute/web", "--type=json", "--patch", JSON.stringify(operations));
}

/** A story of an edit that must not change the shares or lose a request. */
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

/** A story of an edit that loses the users' requests until the user corrects it. */
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
    const corrected = Date.now();
    await shop.apply(only(v1, "HTTPRoute"));
    const figures = await recovers(shop, load, corrected, SOON_MS);
    await promoted(shop, was);
    return figures;
  };

const refs = "/spec/rules/0/backendRefs";
const byHand: Record<string, Story> = {
  "of the canary's weight to 100 have no effect": harmless((shop) =>
    edit(shop, { op: "replace", path: `${refs}/1/weight`, value: 100 }),
  ),
  "that remove the canary have no effect": harmless((shop) =>
    edit(shop, { op: "remove", path: `${refs}/1` }),
  ),
  "of Serin's marks on the route have no effect": harmless(async (shop) => {
    await shop.run("annotate", "httproute/web", "serin.dev/held-");
    await shop.run("annotate", "httproute/web", "serin.dev/held={", "--overwrite");
    await shop.run("label", "httproute/web", "serin.dev/flight-");
  }),
  "of Serin's marks on the Service have no effect": harmless(async (shop) => {
    await shop.run("annotate", "service/web", "serin.dev/held-");
    await shop.run("annotate", "service/web", "serin.dev/held=[]", "--overwrite");
    await shop.run("label", "service/web", "serin.dev/flight=me", "--overwrite");
  }),
};

const nonsense: Record<string, Story> = {
  "to a missing Service": harmful({ op: "replace", path: refs, value: [{ name: "nope", port: 80 }] }),
  "to weight 0 for every backend": harmful({ op: "replace", path: refs, value: [{ ...WEB, weight: 0 }] }),
  "to a port that the Service does not have (ResolvedRefs False)": harmful({
    op: "replace",
    path: refs,
    value: [{ ...WEB, port: 81 }],
  }),
  "to a missing Gateway": harmful({ op: "replace", path: "/spec/parentRefs/0/name", value: "nope" }),
  "to other rules without the Service": harmful({
    op: "replace",
    path: "/spec/rules",
    value: [{ matches: [{ path: { type: "PathPrefix", value: "/nowhere" } }] }],
  }),
};

const ordinary: Record<string, Story> = {
  "of the order of rules keep the shares, and the order stays": async (shop) => {
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

  "that point a Service at other pods take it out of the rollout until they point it back": async (shop) => {
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

  "that add a Service for the same pods isolate it at the next step": async (shop) => {
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

onEachGateway("edits by hand at half of the traffic", function (gateway) {
  this.timeout(240_000);
  describe("to Serin's parts:", () => together(gateway, byHand));
  describe("of the route to nonsense, which a correction ends:", () => together(gateway, nonsense));
  describe("to the user's parts:", () => together(gateway, ordinary));
});
