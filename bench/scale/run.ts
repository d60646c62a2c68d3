import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../../test/cluster/cluster.ts";
import { eventually } from "../../test/cluster/wait.ts";
import { type App, appsOf } from "../queries/apps.ts";
import { type Requests, requestsOf } from "../requests.ts";
import { type Answers, addApps, updateApps } from "./crowd.ts";
import { type AcceptingGateway, startGateway } from "./gateway.ts";
import { startMetrics, TICK_MS } from "./metrics.ts";
import { holderOf, type ProcessUse, usageOfAll } from "./processes.ts";
import { type ReadTick, skippedIn, ticksOf } from "./ticks.ts";

/** How much to measure. */
export interface ScaleSize {
  /** Deployments that are opted in. */
  readonly rest: number;
  /** How many of them roll out at once. */
  readonly flight: number;
  /** How many updates a second begin. */
  readonly rate: number;
  /** How long (s) the rollouts are watched before the leader is killed. */
  readonly seconds: number;
  /** The rollouts' interval, as in the annotation `serin.dev/interval`. */
  readonly interval: string;
  /** Whether the kubelet starts the killed leader again, as after a crash; if not, its node is lost. */
  readonly restart: boolean;
}

/** A period: what Serin's processes used, and its requests to the API server. */
export interface Period {
  readonly seconds: number;
  /** CPU time (s) and resident memory, by process. */
  readonly used: readonly ProcessUse[];
  readonly requests: Requests;
}

/** The findings of one run. */
export interface ScaleFindings {
  readonly rest: Period;
  /** From the first update until every canary has had a weight. */
  readonly starting: Period;
  readonly steady: Period & { readonly ticks: readonly ReadTick[]; readonly skipped: number };
  readonly answers: Answers;
  /** From the bad canary's first weight until the gateway saw weight 0, in ms; absent: it kept its weight. */
  readonly badMs?: number;
  /** From the leader's death until the counters of all rollouts were read again, in ms. */
  readonly failoverMs: number;
  /** The rollouts that the new leader read then, and those that were in flight. */
  readonly read: { readonly again: number; readonly before: number };
}

const REST_MS = 30_000;
const PATIENCE_MS = 900_000;
/** The requests a second of the bad canary and its stable version together. */
const BAD_RPS = 100;

/** Measures on a cluster without a data plane, with Serin installed. Throws if rollouts do not begin. */
export async function measureScale(
  cluster: Cluster,
  size: ScaleSize,
  log: (text: string) => void,
): Promise<ScaleFindings> {
  const { api } = cluster;
  const stop = new AbortController();
  const gateway = startGateway(api, stop.signal);
  const apps = appsOf(size.rest);
  const flying = apps.slice(0, size.flight);
  const bad = badOf(flying);
  log(`creating ${size.rest} Deployments`);
  await addApps(api, apps, size.interval);
  const metrics = await startMetrics(cluster, size.flight, flying.indexOf(bad));
  log("at rest");
  const rest = await period(cluster, () => sleep(REST_MS));
  log(`${size.flight} updates`);
  let answers: Answers = { ms: [], sentAway: 0, refused: 0 };
  const starting = await period(cluster, async () => {
    // The bad one is the last, so that it is one of them all.
    const updated = [...flying.filter((app) => app !== bad), bad];
    answers = await updateApps(api, updated, size.rate);
    await eventually(
      "every canary with a weight",
      async () => (flying.every(({ name }) => gateway.weights.has(name)) ? true : undefined),
      PATIENCE_MS,
    );
  });
  log("all in flight");
  const from = Date.now();
  const steady = await period(cluster, () => sleep(size.seconds * 1_000));
  const seen = ticksOf(metrics.log()).filter(({ instant }) => instant >= from);
  const before = seen.at(-1)?.rollouts ?? 0;
  log("killing the leader");
  const killed = Date.now();
  const leader = ["serin-system", await holderOf(cluster), "controller"] as const;
  if (size.restart) cluster.kubelet.kill(...leader, "SIGKILL");
  else await cluster.kubelet.keepDown(...leader);
  const again = await eventually(
    "the rollouts read again",
    async () => {
      await sleep(500);
      const later = ticksOf(metrics.log()).filter(({ instant }) => instant > killed);
      return later.find(({ rollouts }) => rollouts >= before * 0.9);
    },
    PATIENCE_MS,
  );
  await metrics.exporter.stop("SIGKILL", 0);
  stop.abort();
  const badMs = backIn(gateway, bad);
  return {
    rest,
    starting,
    steady: { ...steady, ticks: seen, skipped: skippedIn(seen, TICK_MS) },
    answers,
    ...(badMs !== undefined && { badMs }),
    failoverMs: again.answered - killed,
    read: { again: again.rollouts, before },
  };
}

async function period(cluster: Cluster, run: () => Promise<unknown>): Promise<Period> {
  const [from, began] = [Date.now(), usageOfAll(cluster)];
  await run();
  const [to, ended] = [Date.now(), usageOfAll(cluster)];
  const used = ended.map((now) => {
    const before = began.find(({ pod }) => pod === now.pod)?.cpuSeconds ?? 0;
    return { ...now, cpuSeconds: now.cpuSeconds - before };
  });
  return { seconds: (to - from) / 1_000, used, requests: await requestsOf(cluster.auditLog, from, to) };
}

function badOf(apps: readonly App[]): App {
  const distance = ({ rps }: App) => Math.abs(Math.log(rps / BAD_RPS));
  const [nearest] = apps.toSorted((a, b) => distance(a) - distance(b));
  if (nearest === undefined) throw new Error("no app");
  return nearest;
}

function backIn({ weights }: AcceptingGateway, { name }: App): number | undefined {
  const seen = weights.get(name) ?? [];
  const last = seen.at(-1);
  return last?.weight === 0 ? last.at - (seen[0]?.at ?? last.at) : undefined;
}
