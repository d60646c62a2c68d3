import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";
import type { Kube, Where } from "../../../kube/client/api.ts";
import { ApiError } from "../../../kube/client/errors.ts";
import type { Clock } from "../../../kube/core/clock.ts";
import type { Resource } from "../../../kube/core/resources.ts";
import { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { leanRoute } from "../../../rollout/traffic/lean-route.ts";
import { hashOf } from "../../../rollout/workload/template.ts";
import { admitDeployments } from "../../../webhook/deployments.ts";
import { admitRoutes, admitServices } from "../../../webhook/in-flight.ts";
import { Lanes } from "../../../webhook/lanes.ts";
import { admissionApp } from "../../../webhook/server.ts";
import { admitTracked } from "../../../webhook/tracked.ts";
import type { World } from "../../model/world.ts";
import { NOON } from "../../support/builders.ts";
import { chance } from "../../support/chance.ts";
import { noLog } from "../../support/log.ts";
import { corpus, type State } from "./corpus.ts";
import { complaints } from "./invariants.ts";
import { draw, mutate, type Sent } from "./mutate.ts";

/** The result of a run. */
export interface Fuzzed {
  /** The number of reviews by answer: `allowed`, `patched`, `refused` or the status of the answer. */
  readonly answers: Readonly<Record<string, number>>;
  /** The broken invariants, each with its review. */
  readonly complaints: readonly string[];
  /** The longest answer, in ms. */
  readonly slowestMs: number;
  readonly perSecond: number;
}

const AT_ONCE = 16;

/** Sends `count` mutated reviews to the webhook's own application over HTTP. The same seed sends the same reviews. */
export async function fuzz(seed: number, count: number): Promise<Fuzzed> {
  const random = chance(seed);
  const states = corpus();
  const samples = states.flatMap((state) => state.samples);
  const clock = hurried();
  const served = await Promise.all(states.map((state) => serve(state, clock)));
  const [answers, wrong]: [Record<string, number>, string[]] = [{}, []];
  let [sent, slowestMs] = [0, 0];
  const started = performance.now();
  const turns = async () => {
    while (sent < count) {
      sent += 1;
      const { state, pool } = draw(random, served);
      const review = mutate(random, draw(random, state.samples), samples);
      const [from, at] = [clock.now(), performance.now()];
      const answer = await post(pool, review);
      slowestMs = Math.max(slowestMs, performance.now() - at);
      const kind = kindOf(answer);
      answers[kind] = (answers[kind] ?? 0) + 1;
      const found = complaints(review.body, answer, {
        stables: state.world.list("replicasets").map(hashOf),
        from,
        to: clock.now(),
        deployments: state.world.list("deployments"),
      });
      if (found.length > 0)
        wrong.push(`${found.join("; ")}: ${review.path} ${review.body} => ${answer.body}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turns));
  const perSecond = Math.round((count * 1_000) / (performance.now() - started));
  await Promise.all(served.map(({ close }) => close()));
  return { answers, complaints: wrong, slowestMs: Math.round(slowestMs), perSecond };
}

async function serve(state: State, clock: Clock) {
  const kube = readOnly(state.world);
  const stop = new AbortController();
  const index = new RouteIndex({ kube, reduce: leanRoute, clock, log: noLog, signal: stop.signal });
  await index.synced;
  const needs = { kube, index, namespace: "serin-system", hookHosts: [], clock, log: noLog };
  const app = admissionApp({
    kinds: {
      deployments: { kinds: ["Deployment"], admit: admitDeployments(needs) },
      services: { kinds: ["Service"], admit: admitServices(kube, new Lanes(clock)) },
      routes: { kinds: ["HTTPRoute", "GRPCRoute"], admit: admitRoutes },
      config: { kinds: ["ConfigMap", "Secret"], admit: admitTracked(needs) },
    },
    accepts: async () => true,
    ready: () => true,
    log: noLog,
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  // Otherwise the server may close a connection just when a review arrives, as webhook/listen.ts says.
  server.keepAliveTimeout = 0;
  await once(server, "listening");
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    connections: AT_ONCE,
  });
  const close = async () => {
    stop.abort();
    await pool.close();
    server.close();
  };
  return { state, pool, close };
}

async function post(pool: Pool, { path, body, headers }: Sent) {
  try {
    const answer = await pool.request({ path, method: "POST", headers, body });
    return { status: answer.statusCode, body: await answer.body.text() };
  } catch (error) {
    return { status: 0, body: String(error) };
  }
}

function kindOf({ status, body }: { status: number; body: string }): string {
  if (status !== 200) return String(status);
  const { response } = JSON.parse(body);
  if (response.allowed !== true) return "refused";
  return response.patch === undefined ? "allowed" : "patched";
}

/** A clock on which every sleep ends at once and advances the time. */
function hurried(): Clock {
  let now = NOON;
  const sleep = async (ms: number) => {
    now += ms;
  };
  return { now: () => now, sleep };
}

/** The shop as Serin reads it. Writes of admission have no effect, so that every review meets the same shop. */
function readOnly(world: World): Kube {
  const all = ({ plural }: Resource): { metadata: { name: string } }[] =>
    plural === "namespaces" ? [{ metadata: { name: "shop" } }] : world.list(plural as "services");
  const get = async (resource: Resource, { name }: Where) => {
    const found = all(resource).find(({ metadata }) => metadata.name === name);
    return found ?? Promise.reject(new ApiError(404, "NotFound", `${name} not found`));
  };
  const list = async (
    resource: Resource,
    _where: Where,
    _query: object,
    pick = (object: unknown) => object,
  ) => ({
    items: all(resource).map(pick),
    resourceVersion: "1",
  });
  async function* watch(...[, , , signal]: Parameters<Kube["watch"]>) {
    await once(signal, "abort");
    yield* [];
  }
  const discover = async () => new Map();
  return {
    get,
    list,
    watch,
    discover,
    mergePatch: get,
    jsonPatch: get,
    strategicPatch: get,
  } as unknown as Kube;
}
