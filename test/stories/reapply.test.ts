import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { expectNoFailures, expectShare } from "./share.ts";
import type { Shop } from "./shop.ts";
import { type Story, together } from "./together.ts";

const plan = { "serin.dev/steps": "20:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };

/** One way to apply the same manifests again. */
interface Way {
  readonly title: string;
  readonly deploy: readonly string[];
  readonly again: readonly (readonly string[])[];
}

const ways: readonly Way[] = [
  {
    title: "kubectl apply and kubectl replace",
    deploy: ["apply"],
    again: [["apply"], ["apply"], ["replace"]],
  },
  {
    title: "kubectl apply --server-side",
    deploy: ["apply", "--server-side"],
    again: [
      ["apply", "--server-side"],
      ["apply", "--server-side"],
      ["apply", "--server-side", "--field-manager=flux", "--force-conflicts"],
      ["apply", "--server-side", "--field-manager=flux"],
    ],
  },
];

/** Applies manifests and applies them again in that way in mid-flight. */
const reapply =
  ({ deploy, again }: Way): Story =>
  async (shop) => {
    const v1 = shop.manifests({ interval: "2s", plan });
    await hand(shop, v1, ...deploy);
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.serves(shop.host());
    const load = shop.load(100);
    const v2 = v1.replace("app:v1", "app:v2");
    await hand(shop, v2, ...deploy);
    const from = await shop.weighs(20);
    const canaryService = shop.stock.services.get("web-canary")?.metadata.uid;
    for (const command of again) await hand(shop, v2, ...command);
    const to = await shop.counted(load, from, 3_600);

    expectShare(load.between(from, to), "v2", 0.2);
    expectNoGap(shop, from, to);
    expect(shop.stock.services.get("web-canary")?.metadata.uid).to.equal(canaryService);
    await shop.promote();
    expect(shop.pods("v2")).to.have.length(5);
    // Until the old pods are gone, native control writes the status, and kubectl replace may meet one of these writes.
    await shop.until("the old pods gone", () => shop.stock.pods.size === 5);
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await hand(shop, v2, ...(again.at(-1) ?? []));
    await expectNoFailures(load);
  };

/** Each in a Deployment of its own. */
const withTraffic: Readonly<Record<string, Story>> = {
  ...Object.fromEntries(ways.map((way) => [`by ${way.title}: no conflict and no gap`, reapply(way)])),

  "keep an edit of the route after the rollout": async (shop) => {
    const v1 = JSON.parse(shop.manifests({ interval: "2s", plan }));
    const backends = [
      { name: "web", port: 80, weight: 3 },
      { name: "other", port: 80, weight: 1 },
    ];
    v1.items[2].spec.rules[0].backendRefs = structuredClone(backends);
    await shop.deploy({ name: "other", image: "app:o1", interval: "2s", plan });
    await shop.apply(JSON.stringify(v1));
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await shop.serves(shop.host());
    const load = shop.load(100);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    let from = await shop.weighs(20);
    expectShare(load.between(from, await shop.counted(load, from, 3_600)), "v2", 0.15);

    const filter = {
      type: "ResponseHeaderModifier",
      responseHeaderModifier: { add: [{ name: "x-edited", value: "yes" }] },
    };
    const rule = { matches: [{ path: { type: "PathPrefix", value: "/other" } }], backendRefs: [backends[1]] };
    await shop.run(
      "patch",
      "httproute/web",
      "--type=json",
      "--patch",
      JSON.stringify([
        { op: "add", path: "/spec/rules/0/filters", value: [filter] },
        { op: "add", path: "/spec/rules/-", value: rule },
      ]),
    );
    await shop.until("the edit", () => shop.stock.httproutes.get("web")?.spec.rules?.length === 2);
    expect(shop.weight()).to.equal(20);

    v1.items[0].spec.template.spec.containers[0].image = "app:v2";
    v1.items[2].spec.rules[0].backendRefs[1].weight = 2;
    const rules = [{ ...v1.items[2].spec.rules[0], filters: [filter] }, rule];
    v1.items[2].spec.rules = rules;
    await shop.apply(JSON.stringify(v1));
    // As many requests as a gateway may need to follow a change.
    from = await shop.answered(load, Date.now(), 300);
    expectShare(load.between(from, await shop.counted(load, from, 3_600)), "v2", 0.12);

    await shop.promote();
    const route = await shop.manifest("httproutes");
    const reported = route.spec.rules?.map(({ backendRefs, filters }) => ({
      backends: backendRefs?.map(({ name, weight }) => ({ name, weight })),
      ...(filters === undefined ? {} : { filters }),
    }));
    expect(reported).to.deep.equal([
      {
        backends: [
          { name: "web", weight: 3 },
          { name: "other", weight: 2 },
        ],
        filters: [filter],
      },
      { backends: [{ name: "other", weight: 1 }] },
    ]);
    expect(route).to.not.have.nested.property("metadata.labels.serin\\.dev/flight");
    await expectNoFailures(load);
  },
};

/** This does not depend on traffic, so one gateway is enough. */
const withoutTraffic: Readonly<Record<string, Story>> = {
  "with other values of held fields: Serin keeps these as the originals": async (shop) => {
    const v1 = await shop.deploy({ interval: "2s", plan });
    const v2 = JSON.parse(v1.replace("app:v1", "app:v2"));
    await shop.apply(JSON.stringify(v2));
    await shop.weighs(20);
    const held = { ...shop.deployment().spec };
    Object.assign(v2.items[0].spec, { minReadySeconds: 2, strategy: { rollingUpdate: { maxSurge: 2 } } });
    await shop.apply(JSON.stringify(v2));
    await shop.until("the new originals", () => shop.held()?.originals.minReadySeconds === 2);
    expect(shop.deployment().spec).to.deep.equal(held);
    await shop.promote();
    const { minReadySeconds, progressDeadlineSeconds, strategy } = shop.deployment().spec;
    expect({ minReadySeconds, progressDeadlineSeconds, strategy }).to.deep.equal({
      minReadySeconds: 2,
      progressDeadlineSeconds: 600,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 2, maxUnavailable: "25%" } },
    });
  },
};

onEachGatewayAtOnce("the user's manifests handed in again in mid-flight", function (gateway) {
  this.timeout(180_000);
  const stories = gateway === "traefik" ? { ...withTraffic, ...withoutTraffic } : withTraffic;
  // Two on each gateway: all at once would be more than two cores can serve.
  together(gateway, stories, 2);
});

/** Runs kubectl with manifests from standard input; throws if it fails. */
async function hand(
  shop: Shop,
  manifests: string,
  command = "apply",
  ...args: readonly string[]
): Promise<void> {
  const options = { namespace: shop.namespace, input: manifests };
  const { code, stderr } = await shop.cluster.kubectl([command, "-f", "-", ...args], options);
  expect(code, `kubectl ${command} ${args.join(" ")}: ${stderr}`).to.equal(0);
}

/** Expects the canary's share and isolation in every version of route and Service that was stored in that time. */
function expectNoGap(shop: Shop, from: number, to: number): void {
  const during = ({ at }: { at: number }) => at < to;
  for (const { object } of shop.changesOf("httproutes", from).filter(during)) {
    const refs = object.spec.rules?.[0]?.backendRefs?.map(({ name, weight }) => ({ name, weight }));
    expect(refs).to.deep.equal([
      { name: "web", weight: 4 },
      { name: "web-canary", weight: 1 },
    ]);
  }
  for (const { object, type } of shop.changesOf("services", from).filter(during)) {
    expect(type).to.not.equal("DELETED");
    expect(object.spec.selector).to.have.property("pod-template-hash");
  }
  for (const { object } of shop.changesOf("deployments", from).filter(during)) {
    expect(object.spec.minReadySeconds).to.be.above(1_000_000);
    expect(object.metadata.annotations).to.have.property("serin.dev/held");
  }
}
