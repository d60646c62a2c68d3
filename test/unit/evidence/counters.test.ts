import { expect } from "chai";
import { readCounters } from "../../../evidence/counters.ts";
import { application } from "../../../rollout/gateways/metrics/application.ts";
import type { Sample } from "../../../rollout/gateways/metrics/sample.ts";
import { incrementsSince } from "../../../rollout/judge/counters.ts";
import { NOON } from "../../support/builders.ts";
import { aWatch } from "./metrics.ts";

const watch = aWatch("web", NOON);
const own = aWatch("web", NOON, {
  sources: watch.sources.map((source) => ({ ...source, pack: application })),
});
const service = (name: string) =>
  `httproute-shop-web-gw-edge-gw-ep-web-0-0abc-svc-shop-${name}-0@kubernetesgateway`;
const operator = { job: "traefik-metrics", endpoint: "metrics" };
const annotated = { job: "kubernetes-pods" };

/** A scrape of the canary's counter at an address. */
function scraped(value: number, more: Record<string, string>, instance = "10.0.0.5:9100"): Sample {
  return { labels: { service: service("web-canary"), code: "500", instance, ...more }, value };
}

/** The counters of instants one ms apart. */
async function reading(instants: readonly (readonly Sample[])[], asked = watch) {
  const over = async (promql: string) => {
    const found = promql.includes("_bucket") ? [] : instants;
    return new Map(found.map((samples, i) => [NOON + i, samples]));
  };
  const from = { prometheus: { over }, namesakes: { doubts: () => () => undefined } };
  const grid = { from: NOON, to: NOON + instants.length - 1, stepMs: 1 };
  return (await readCounters(from, [{ watch: asked, bounds: [] }], grid)).get(asked.uid);
}

/** The canary's failures in each tick after the first. */
const failures = (...instants: readonly (readonly Sample[])[]) => failuresOf(watch, instants);

async function failuresOf(asked: typeof watch, instants: readonly (readonly Sample[])[]): Promise<number[]> {
  const read = await reading(instants, asked);
  let baseline: Parameters<typeof incrementsSince>[0];
  return instants
    .map((_, i) => {
      const { counts, ...rest } = incrementsSince(baseline, read?.instants.get(NOON + i) ?? []);
      baseline = rest.baseline;
      return counts.canary.failed;
    })
    .slice(1);
}

describe("the counters of a gateway", () => {
  it("count once if two jobs scrape the same process, in whichever order they come", async () => {
    const both = (value: number) => [scraped(value, operator), scraped(value, annotated)];
    expect(await failures(both(1), both(3), both(7))).to.deep.equal([2, 4]);
    expect(await failures(both(1).reverse(), both(3), both(7).reverse())).to.deep.equal([2, 4]);
  });

  const servers: Record<string, (n: number) => Record<string, string>> = {
    "two replicas of the Prometheus Operator": (n) => ({
      ...operator,
      prometheus_replica: `prometheus-${n}`,
    }),
    "two replicas, as Thanos calls them": (n) => ({ ...operator, replica: `${n}` }),
    "two receivers of Thanos": (n) => ({ ...operator, receive_replica: `receive-${n}` }),
    "two replicas that Mimir does not deduplicate": (n) => ({ ...operator, __replica__: `prometheus-${n}` }),
    "a third one that federates both, without honor_labels": (n) => ({
      job: "federate",
      exported_job: "traefik-metrics",
      instance: `10.0.1.${n}:9090`,
      exported_instance: "10.0.0.5:9100",
    }),
  };
  for (const [who, labelsOf] of Object.entries(servers))
    it(`count once if two Prometheus servers store the same process in one place: ${who}`, async () => {
      const both = (value: number) => [0, 1].map((n) => scraped(value, labelsOf(n)));
      expect(await failures(both(1), both(3))).to.deep.equal([2]);
    });

  it("count whole if one Prometheus server federates two processes from another, and nothing of one that comes back", async () => {
    const federated = (value: number, exported_instance: string) =>
      scraped(value, { job: "federate", exported_job: "traefik", exported_instance }, "10.0.1.0:9090");
    const [first, second] = ["10.0.0.5:9100", "10.0.0.6:9100"] as const;
    const both = (value: number) => [federated(value, first), federated(value, second)];
    expect(await failures(both(1), both(3))).to.deep.equal([4]);
    expect(
      await failures([federated(1, first)], [federated(3, first), federated(900, second)]),
    ).to.deep.equal([2]);
  });

  it("count whole if a federated Prometheus has names in place of addresses", async () => {
    const federated = (value: number, exported_instance: string) =>
      scraped(value, { job: "federate", exported_job: "traefik", exported_instance }, "10.0.1.0:9090");
    const both = (value: number) => [federated(value, "node-1"), federated(value, "node-2")];
    expect(await failures(both(1), both(3))).to.deep.equal([4]);
  });

  it("count whole if two processes stand at different addresses, or a name stands in place of their addresses", async () => {
    const at = (value: number, other: string) => [
      scraped(value, operator, "10.0.0.5:9100"),
      scraped(value, annotated, other),
    ];
    expect(await failures(at(1, "10.0.0.6:9100"), at(3, "10.0.0.6:9100"))).to.deep.equal([4]);
    const named = (value: number) => [
      scraped(value, operator, "node-1"),
      scraped(value, annotated, "node-1"),
    ];
    expect(await failures(named(1), named(3))).to.deep.equal([4]);
  });

  it("go on with the other job's when one job's scrapes fail", async () => {
    const both = (value: number) => [scraped(value, operator), scraped(value, annotated)];
    expect(await failures(both(1), [scraped(3, operator)], [scraped(7, operator)])).to.deep.equal([2, 4]);
  });

  const replica = (value: number, n: number, more: Record<string, string> = {}) =>
    scraped(value, { ...operator, prometheus_replica: `prometheus-${n}`, ...more });

  it("count by the other Prometheus server while the first one's samples stand still, and once when it goes on", async () => {
    const stopped = [3, 7, 9].map((value) => [replica(3, 0), replica(value, 1)]);
    const both = [12, 13].map((value) => [replica(value, 0), replica(value, 1)]);
    expect(await failures(...stopped, ...both)).to.deep.equal([4, 2, 3, 1]);
  });

  it("count once when the scrapes of a job return after an absence", async () => {
    const both = (value: number) => [replica(value, 0), replica(value, 1)];
    const other = [7, 9].map((value) => [replica(value, 1)]);
    expect(await failures(both(3), ...other, both(12), both(13))).to.deep.equal([4, 2, 3, 1]);
  });

  it("count what another Prometheus server counts from its first samples on", async () => {
    const both = (value: number) => [replica(value, 0), replica(value, 1)];
    expect(await failures([replica(900, 0)], both(901), both(903))).to.deep.equal([1, 2]);
    expect(await failures([replica(900, 0)], [replica(901, 1)], [replica(903, 1)])).to.deep.equal([0, 2]);
  });

  it("count a request once if it is in different ticks by the scrapes of two jobs", async () => {
    const ticks = [
      [1, 1],
      [2, 1],
      [2, 2],
      [2, 3],
      [4, 3],
      [4, 4],
    ] as const;
    const instants = ticks.map(([a, b]) => [scraped(a, operator), scraped(b, annotated)]);
    expect(await failures(...instants)).to.deep.equal([1, 0, 1, 1, 0]);
  });

  it("count the failures that the scrapes of one job alone have", async () => {
    const both = (value: number) => [
      scraped(10 * value, { ...annotated, code: "200" }),
      scraped(10 * value, { ...operator, code: "200" }),
      scraped(value, operator),
    ];
    expect(await failures(both(1), both(3), both(4))).to.deep.equal([2, 1]);
  });

  it("hide no failure behind a series that a tenant gives a gateway's address", async () => {
    const forged = { job: "a" };
    const at = (value: number, other: number, code: string) => [
      scraped(value, operator),
      scraped(other, { ...forged, code }),
    ];
    expect(await failures(at(1, 1, "200"), at(3, 900, "200"), at(4, 2_000, "200"))).to.deep.equal([2, 1]);
    expect(await failures(at(1, 1, "500"), at(3, 1, "500"), at(9, 1, "500"))).to.deep.equal([2, 6]);
    // What a forged series adds hides as much at the next tick, and nothing later.
    expect(
      await failures(at(1, 0, "500"), at(1, 90, "500"), at(3, 90, "500"), at(5, 90, "500")),
    ).to.deep.equal([90, 0, 2]);
  });

  it("are in doubt if they come from several clusters, because those of one cannot be told", async () => {
    const of = (cluster: string, pod = `gateway-of-${cluster}`) => scraped(1, { ...operator, cluster, pod });
    const doubt = async (...samples: readonly Sample[]) => (await reading([samples, samples]))?.doubt;
    expect(await doubt(of("eu"), of("us"))).to.deep.equal({
      reason:
        "Prometheus has these counters of several clusters (eu, us): an administrator must name the labels of this " +
        "cluster's series, such as cluster=eu, under the key labels of the provider's Secret",
      until: NOON + 1,
    });
    expect(await doubt(of("eu"), of("eu"), scraped(1, annotated))).to.equal(undefined);
    // A label that the process itself gives its counters.
    expect(await doubt(of("redis-1", "web"), of("redis-2", "web"))).to.equal(undefined);
  });
});

describe("the counters of an application", () => {
  const counted = (value: number, more: Record<string, string>): Sample => ({
    labels: {
      namespace: "shop",
      pod: "web-canary-abc-x7k2p",
      status: "500",
      instance: "10.0.0.5:80",
      ...more,
    },
    value,
  });
  const both = (value: number, label: string) => ["a", "b"].map((name) => counted(value, { [label]: name }));

  it("count a pod's first requests once if one Prometheus server sees them before the other", async () => {
    const [first, second] = ["a", "b"].map((prometheus_replica) => ({ prometheus_replica }));
    const instants = [[], [counted(3, { ...first })], [counted(4, { ...first }), counted(4, { ...second })]];
    expect(await failuresOf(own, instants)).to.deep.equal([3, 1]);
  });

  // Prometheus renames labels job and instance that the application itself writes.
  for (const label of ["replica", "exported_job", "exported_instance"])
    it(`count whole if they have a label of their own: ${label}`, async () => {
      const instants = [1, 3, 4].map((value) => both(value, label));
      expect(await failuresOf(own, instants)).to.deep.equal([4, 2]);
    });

  it("count whole if two pods name the same address in a label of their own", async () => {
    const pods = (value: number) =>
      ["x7k2p", "b4n8q"].map((end, i) =>
        counted(value, {
          pod: `web-canary-abc-${end}`,
          instance: `10.0.0.${i}:80`,
          exported_instance: "db:5432",
        }),
      );
    expect(await failuresOf(own, [1, 3, 4].map(pods))).to.deep.equal([4, 2]);
  });

  for (const label of ["prometheus", "prometheus_replica", "receive_replica", "__replica__"])
    it(`count once if two Prometheus servers store them in one place, told apart by ${label}`, async () => {
      const instants = [1, 3, 4].map((value) => both(value, label));
      expect(await failuresOf(own, instants)).to.deep.equal([2, 1]);
    });
});
