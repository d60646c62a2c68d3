import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { eventually } from "../../cluster/wait.ts";
import { measured } from "../../stories/measured.ts";
import { Shop } from "../../stories/shop.ts";

const JUDGED = { "serin.dev/steps": "20:15s" };
/** As long as this, the trap's failures are there and Serin must not believe them. */
const TRAPPED = 2_000;

// Traefik joins namespace and names by "-", so that `web-2` + `main` and `web` + `2-main` give one series.
describeCluster("a tenant whose namespace begins with another one's name, on Traefik", function () {
  this.timeout(240_000);
  let victim: Shop;
  let evil: Shop;
  let name: string;
  before(async () => {
    victim = await Shop.open("joined");
    evil = await Shop.open(`${victim.namespace}-web`);
    name = `${evil.namespace.slice(victim.namespace.length + 1)}-main`;
  });
  after(() => Promise.all([victim, evil].map((shop) => shop?.close())));

  it("fails no healthy canary by failures of a Service whose series have the same name", async function () {
    await victim.deploy({ name, interval: "3s", plan: JUDGED });
    const load = victim.load(100, name);
    await victim.run("set", "image", `deployment/${name}`, "app=app:v2");
    await victim.weighs(20, name);

    await evil.apply(trap());
    const storm = evil.load(100, "main-canary");
    const asked = Date.now();
    await eventually(
      "failures under the canary's name",
      async () => ((await failures()) > 100 ? true : undefined),
      30_000,
    );
    await victim.until("the reason", () =>
      victim.condition("Canary", name)?.message?.includes(`HTTPRoute/${evil.namespace}/main names Service`),
    );
    await evil.answered(storm, asked, TRAPPED);
    expect(victim.record("v2", name)).to.include({ outcome: "running" });
    expect(victim.weight(name)).to.equal(20);
    measured(
      this,
      `${Math.round(await failures())} failures under the canary's name, and no verdict by them`,
    );

    // The end of the old pods is another test's: a gateway on a busy machine may hear of it too late.
    const { failed } = load.between(0, Date.now());
    expect(failed, "requests to the victim that failed before its promotion").to.equal(0);
    await victim.promote(name);
    await victim.until("promoted", () => victim.record("v2", name)?.outcome === "promoted");
  });

  /** A route and a Service whose names join to those of the victim's canary, and pods that always fail. */
  function trap(): string {
    const list = JSON.parse(evil.manifests({ name: "main-canary", image: "app:v1-err100", replicas: 1 }));
    const items = list.items.map((item: { kind: string; metadata: object }) =>
      item.kind === "HTTPRoute" ? { ...item, metadata: { ...item.metadata, name: "main" } } : item,
    );
    return JSON.stringify({ ...list, items });
  }

  /** The failures that Traefik counts under the name of the victim's canary. */
  async function failures(): Promise<number> {
    const service = `httproute-${victim.namespace}-${name}-gw-.*-svc-${victim.namespace}-${name}-canary-.*`;
    const query = `sum(traefik_service_requests_total{service=~"${service}",code=~"5.."})`;
    const url = `${victim.cluster.prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`;
    const { data } = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1] ?? 0);
  }
});
