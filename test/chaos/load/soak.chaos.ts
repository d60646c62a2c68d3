import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { measured } from "../../stories/measured.ts";
import type { Shop } from "../../stories/shop.ts";
import { openShop, way } from "../fixture.ts";
import { type RandomKills, startRandomKills } from "../leader/random-kills.ts";
import { PLAN, type Release, releasesOf, rollOutSeries } from "../leader/series.ts";
import { liveHeaps } from "./heap.ts";

const ROLLOUTS = Number(process.env.SERIN_SOAK ?? 200);
/** The number of rollouts of each Deployment, one after the other. */
const SERIES = Number(process.env.SERIN_SERIES ?? 10);
const DEPLOYMENTS = Math.ceil(ROLLOUTS / SERIES);
const SEED = process.env.SERIN_SEED ?? "soak";
const RPS = 12;
const REPLICAS = 3;
/** Long, because gateways drop ended endpoints late while twenty rolling updates share a small machine. */
const PRE_STOP_SECONDS = 10;
/** The number of kept revisions, fewer than rollouts. */
const REVISIONS = 3;
/** The part of the rollouts after which the kills end: only a process that lives shows a leak. */
const KILLS_UNTIL = 0.6;
/** The part of the rollouts after which every process has handled every kind of event. */
const CALM_FROM = 0.65;
/** The most growth of a heap from then to the end, in MiB: a leak of 50 KiB in each of 70 rollouts would exceed it. */
const GROWTH_MIB = 4;

const names = Array.from({ length: DEPLOYMENTS }, (_, i) => `app-${String(i + 1).padStart(2, "0")}`);

describeCluster(
  `${ROLLOUTS} rollouts of ${DEPLOYMENTS} Deployments, good and bad, with seed ${SEED}`,
  function () {
    this.timeout(900_000);
    let shop: Shop;
    let kills: RandomKills;
    let loads: Map<string, Load>;
    let all: readonly Release[];
    let ended = 0;
    let calm: ReturnType<typeof liveHeaps>;
    const firstCall = async () => (await way()).calls.length;

    before(async () => {
      shop = await openShop("soak");
      await deployAll(shop);
      loads = new Map(names.map((name) => [name, shop.load(RPS, name)]));
    });
    after(() => shop?.close());

    it("end as expected, though the controller is killed at random", async function () {
      const [started, calls] = [Date.now(), await firstCall()];
      kills = startRandomKills(shop.cluster, SEED);
      const onEnd = () => {
        ended += 1;
        if (ended === Math.round(ROLLOUTS * KILLS_UNTIL)) void kills.stop();
        if (ended === Math.round(ROLLOUTS * CALM_FROM)) calm = liveHeaps(shop.cluster);
      };
      const series = await Promise.all(
        names.map((name) => {
          const releases = releasesOf(`${SEED} ${name}`, SERIES);
          return rollOutSeries(shop, name, releases, onEnd);
        }),
      );
      await kills.stop();
      all = series.flat();
      const seconds = Math.round((Date.now() - started) / 1_000);
      const bad = all.filter(({ isBad }) => isBad).length;
      const sent = (await way()).calls.slice(calls).filter(({ path }) => !path.includes("/leases"));
      const writes = sent.filter(({ isWrite }) => isWrite).length;
      const { killed, deposed } = kills.count;
      measured(
        this,
        [
          `${all.length} rollouts, ${bad} of them bad, in ${seconds} s`,
          `${killed} kills (${deposed} with a change of leader)`,
          `${(sent.length / all.length).toFixed(1)} requests a rollout (${(writes / all.length).toFixed(1)} writes)`,
          `the slowest took ${Math.round(Math.max(...all.map(({ tookMs }) => tookMs)) / 1_000)} s`,
        ].join("; "),
      );
      const wrong = series.flatMap((releases, i) =>
        releases.filter(({ complaints }) => complaints.length > 0).map((it) => ({ name: names[i], ...it })),
      );
      expect(wrong).to.deep.equal([]);
      expect(all).to.have.length(ROLLOUTS);
      expect(killed).to.be.above(0);
      expect(writes / all.length, "writes per rollout").to.be.below(50);
    });

    it("lose no request except by errors of bad versions", async function () {
      await Promise.all([...loads.values()].map((load) => load.stop()));
      let [total, own] = [0, 0];
      const lost: object[] = [];
      for (const [name, load] of loads) {
        const bad = new Set(
          releasesOf(`${SEED} ${name}`, SERIES)
            .filter(({ isBad }) => isBad)
            .map(({ tag }) => tag.split("-")[0]),
        );
        for (const row of load.rows()) {
          total += 1;
          if (row.status === 200) continue;
          if (bad.has(row.version)) own += 1;
          else lost.push({ name, ...row });
        }
      }
      measured(this, `${total} requests, ${own} errors of bad versions`);
      expect(lost).to.deep.equal([]);
    });

    it("leave nothing behind", async function () {
      await shop.until("the end", () => [...shop.stock.services.keys()].length === DEPLOYMENTS);
      const kinds = "deployments,replicasets,services,httproutes,endpointslices,pods";
      expect(await shop.run("get", kinds, "-l", "serin.dev/flight", "-o=name")).to.equal("");
      for (const kind of ["deployments", "services", "httproutes"] as const) {
        const held = [...shop.stock[kind].values()].filter(
          ({ metadata }) => metadata.annotations?.["serin.dev/held"] !== undefined,
        );
        expect(held, kind).to.deep.equal([]);
      }
      for (const name of names) {
        const sets = [...shop.stock.replicasets.values()].filter(
          ({ metadata }) => metadata.ownerReferences?.[0]?.name === name,
        );
        expect(sets.length, `ReplicaSets of ${name}`).to.be.at.most(REVISIONS + 1);
      }
      // Deleted pods continue to serve for a while.
      await shop.until("no pod too many", () => shop.stock.pods.size <= DEPLOYMENTS * REPLICAS, 30_000);
      const leases = await shop.cluster.kubectl(["get", "leases", "-n", "serin-system", "-o=name"]);
      expect(leases.stdout.trim().split("\n")).to.deep.equal(["lease.coordination.k8s.io/serin"]);
      const events = await shop.run(
        "get",
        "events",
        "-o=jsonpath={range .items[*]}{.source.component}{.reportingComponent}{'\\n'}{end}",
      );
      const own = events.split("\n").filter((line) => line.startsWith("serin")).length;
      measured(this, `${(own / ROLLOUTS).toFixed(1)} Events a rollout`);
      expect(own / ROLLOUTS, "Events per rollout").to.be.below(8);
    });

    it("do not fill the memory", async function () {
      // With few rollouts, some process does not live long enough to show a leak.
      if (ROLLOUTS < 100) this.skip();
      const [early, late] = [await calm, await liveHeaps(shop.cluster)];
      const grown = [...late].flatMap(([process, to]) => {
        const from = early.get(process);
        return from === undefined ? [] : [{ process, from, to }];
      });
      measured(
        this,
        grown
          .map(({ process, from, to }) => `${process} ${from.toFixed(1)} → ${to.toFixed(1)} MiB`)
          .join(", "),
      );
      expect(grown.length, "processes that lived through it").to.equal(4);
      for (const { process, from, to } of grown) expect(to - from, process).to.be.below(GROWTH_MIB);
    });
  },
);

async function deployAll(shop: Shop): Promise<void> {
  const plan = {
    "serin.dev/steps": PLAN.weights.join(", "),
    // At this rate a comparison of latencies would need minutes for a verdict.
    "serin.dev/compare": "off",
    "serin.dev/checks": "success-rate >= 90%",
  };
  const options = {
    interval: `${PLAN.leastMs / 1_000}s`,
    plan,
    replicas: REPLICAS,
    preStopSeconds: PRE_STOP_SECONDS,
  };
  await shop.apply(names.map((name) => shop.manifests({ ...options, name })).join("\n---\n"));
  const limit = JSON.stringify({ spec: { revisionHistoryLimit: REVISIONS } });
  await shop.run("patch", "deployments", ...names, "--type=merge", "-p", limit);
  await shop.run("rollout", "status", ...names.map((name) => `deployment/${name}`), "--timeout=60s");
  for (const name of names) await shop.serves(shop.host(name));
}
