import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { gateways } from "../cluster/gateways.ts";
import type { Load } from "../cluster/load.ts";
import { expectNoFailures, expectShare } from "./share.ts";
import { Shop } from "./shop.ts";

const plan = { "serin.dev/steps": "20:10m, 40:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };

/** Path → Service → weight, as the user wrote it. */
const RULES = {
  "/one": { cart: 3, tax: 1 },
  "/two": { tax: 2, cart: 1, fixed: 1 },
  "/three": { fixed: 5 },
} as const;
/** Requests per rule: four standard deviations of this many are as sharp as three of 2,000. */
const COUNTED = 3_600;
type Path = keyof typeof RULES;
const PATHS = Object.keys(RULES) as Path[];

onEachGatewayAtOnce("two Deployments behind one route", function (gateway) {
  this.timeout(180_000);
  let shop: Shop;
  let loads: Record<Path, Load>;
  before(async () => {
    shop = await Shop.open("shared", { gateway });
    for (const name of ["cart", "tax", "fixed"]) await shop.apply(withoutRoute(shop, name));
    for (const name of ["cart", "tax", "fixed"])
      await shop.run("rollout", "status", `deployment/${name}`, "--timeout=60s");
    await shop.apply(JSON.stringify(sharedRoute(shop)));
    for (const path of PATHS) await shop.serves(shop.host("shared"), path);
    loads = Object.fromEntries(PATHS.map((path) => [path, shop.load(100, "shared", path)])) as Record<
      Path,
      Load
    >;
  });
  after(() => shop?.close());

  it("each get their shares of every rule, alone and together, and Serin restores the route exactly", async () => {
    const route = await shop.manifest("httproutes", "shared");
    await shop.run("set", "image", "deployment/cart", "app=app:cart2");
    await flies("cart", 20);
    await expectShares({ cart: [20, "cart1", "cart2"], tax: [0, "tax1", "tax2"] });

    await shop.run("set", "image", "deployment/tax", "app=app:tax2");
    await flies("tax", 20);
    await shop.run("annotate", "deployment/tax", "--overwrite", "serin.dev/steps=40:10m");
    await flies("tax", 40);
    await expectShares({ cart: [20, "cart1", "cart2"], tax: [40, "tax1", "tax2"] });

    await shop.promote("cart");
    await expectShares({ cart: [0, "cart2", "cart1"], tax: [40, "tax1", "tax2"] });
    const alone = shop.stock.httproutes.get("shared");
    expect(
      alone?.spec.rules?.map(({ backendRefs = [] }) => backendRefs.map(({ name }) => name)),
    ).to.deep.equal([["cart", "tax", "tax-canary"], ["tax", "cart", "fixed", "tax-canary"], ["fixed"]]);

    await shop.promote("tax");
    expect(await shop.manifest("httproutes", "shared")).to.deep.equal(route);
    expect(await shop.names("services")).to.deep.equal(["cart", "fixed", "tax"]);
    for (const path of PATHS) await expectNoFailures(loads[path]);
  });

  function flies(name: string, weight: number): Promise<number> {
    const message = `canary has ${weight}% of the traffic`;
    return shop.until(`${name} at ${weight}%`, () =>
      shop.condition("Canary", name)?.message?.startsWith(message),
    );
  }

  /** Counts from now on; a version's share is its Service's share of the rule times its weight. */
  async function expectShares(
    shares: Record<string, readonly [weight: number, stable: string, canary: string]>,
  ) {
    // First, as many requests as a gateway may need to follow.
    await Promise.all(PATHS.map((path) => shop.answered(loads[path], Date.now(), 250)));
    const from = Date.now();
    for (const path of PATHS) await shop.counted(loads[path], from, COUNTED);
    const to = Date.now();
    for (const path of PATHS) {
      const services = Object.entries<number>(RULES[path]);
      const sum = services.reduce((all, [, weight]) => all + weight, 0);
      for (const [service, part] of services) {
        const [weight, stable, canary] = shares[service] ?? [0, `${service}1`, `${service}2`];
        const counted = loads[path].between(from, to);
        expectShare(counted, stable, (part / sum) * (1 - weight / 100));
        expectShare(counted, canary, (part / sum) * (weight / 100));
      }
    }
  }
});

function withoutRoute(shop: Shop, name: string): string {
  const list = JSON.parse(shop.manifests({ name, image: `app:${name}1`, interval: "2s", plan, replicas: 3 }));
  return JSON.stringify({ ...list, items: list.items.slice(0, 2) });
}

function sharedRoute(shop: Shop): object {
  const { name, namespace } = gateways[shop.gateway];
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "shared" },
    spec: {
      parentRefs: [{ name, namespace }],
      hostnames: [shop.host("shared")],
      rules: Object.entries(RULES).map(([value, services]) => ({
        matches: [{ path: { type: "PathPrefix", value } }],
        backendRefs: Object.entries(services).map(([name, weight]) => ({ name, port: 80, weight })),
      })),
    },
  };
}
