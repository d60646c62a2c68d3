import type { Kube } from "../kube/client/api.ts";
import { ifNotFound } from "../kube/client/errors.ts";
import { listReplicaSets } from "../kube/client/replica-sets.ts";
import { retryOnConflict } from "../kube/client/retry-on-conflict.ts";
import { listRoutes } from "../kube/client/routes.ts";
import type { Clock } from "../kube/core/clock.ts";
import { messageOf } from "../kube/core/error-message.ts";
import { type KubeObject, keyOf } from "../kube/core/meta.ts";
import { deployments, type Resource, replicaSets, routeResource, services } from "../kube/core/resources.ts";
import type { Route } from "../kube/core/routes.ts";
import type { Service } from "../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../kube/core/workloads.ts";
import type { Write } from "../kube/core/writes.ts";
import { perform } from "../kube/runtime/apply.ts";
import { removeLeftHold } from "../rollout/cleanup/left-hold.ts";
import { sweep } from "../rollout/cleanup/orphans.ts";
import {
  drainAll,
  endRollout,
  remainingOf,
  restoreIsolated,
  writeLastWords,
} from "../rollout/cleanup/uninstall.ts";
import { settleMs } from "../rollout/gateways/settle.ts";
import { FLIGHT, HELD } from "../rollout/keys.ts";
import { isComplete } from "../rollout/stages/promote.ts";
import { pendingRecordOf, writeChanged } from "../rollout/tracking/pending.ts";
import { routeRecordOf } from "../rollout/traffic/route-record.ts";
import { isIsolated } from "../rollout/traffic/service-record.ts";
import { writeShares } from "../rollout/traffic/writes.ts";
import { holdRecordOf } from "../rollout/workload/hold-record.ts";
import { writeMark } from "../rollout/workload/writes.ts";

const POLL_MS = 500;

/** The means of the clean-up. It calls `say` with one sentence for each object that it restored. */
export interface CleanUpOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly say: (sentence: string) => void;
  /** How long (ms) the Deployment controller may take to bring the stable version back. */
  readonly patienceMs: number;
}

/**
 * Restores everything that is in flight, without losing a request: first the routes, then the Deployments, then the Services.
 * May be repeated. After the others are done, throws if a stable version did not come back in time, if a Service is
 * still isolated, or if a record cannot be read: without it only its owner knows what the object was.
 */
export async function cleanUp(options: CleanUpOptions): Promise<void> {
  const { kube, clock, say } = options;
  const found = await listRoutes<Route>(kube, { labelSelector: FLIGHT });
  const unreadable = found.filter(
    (route) => HELD in (route.metadata.annotations ?? {}) && !routeRecordOf(route),
  );
  const routes = found.filter((route) => !unreadable.includes(route));
  // A canary Service must lose its weight first: a proxy that hears of the route later would still send requests to it.
  for (const route of routes) await writeRoute(options, route, (found) => drainAll(found, clock.now()));
  await clock.sleep(Math.max(0, ...routes.map(settleMs)));
  for (const route of routes) {
    await writeRoute(options, route, (found) => [writeShares(found, {})]);
    say(`route ${keyOf(route)} is as its owner wrote it`);
  }
  const flown = await flying<Deployment>(kube, deployments);
  // All at once, because one Deployment that does not come back must not delay the others.
  const ends = await Promise.allSettled(flown.map((deployment) => end(options, deployment)));
  const failed = ends.flatMap((one, i) =>
    one.status === "rejected" ? [{ metadata: flown[i]?.metadata, reason: one.reason as unknown }] : [],
  );
  const inFlight = new Map(
    failed.map(({ metadata }) => [metadata?.uid ?? "", metadata?.namespace ?? ""] as const),
  );
  const own = await flying<Service>(kube, services);
  const deadline = clock.now() + options.patienceMs;
  while ((await sweepOnce(options, inFlight)) && clock.now() < deadline) await clock.sleep(POLL_MS);
  const ended = own.filter(({ metadata }) => !inFlight.has(metadata.labels?.[FLIGHT] ?? ""));
  const marked = new Map((await flying<Service>(kube, services)).map((one) => [one.metadata.uid, one]));
  const leftOf = ({ metadata: { uid } }: Service) => {
    const found = marked.get(uid);
    return found !== undefined && HELD in (found.metadata.annotations ?? {}) ? [found] : [];
  };
  const left = ended.flatMap(leftOf);
  for (const service of ended.filter((one) => leftOf(one).length === 0))
    say(`Service ${keyOf(service)} is as its owner wrote it, or gone if it was Serin's`);
  const reasons = [
    ...unreadable.map((route) => new Unreadable("route", route)),
    ...failed.map(({ reason }) => reason),
    ...left.map((one) => (isIsolated(one) ? unrestored(one, options) : new Unreadable("Service", one))),
  ];
  if (reasons.length > 0) throw new AggregateError(reasons, reasons.map(messageOf).join("\n"));
}

/** Serin's record on an object is damaged, or a newer Serin wrote it in another form. */
class Unreadable extends Error {
  override name = "Unreadable";
  constructor(kind: string, object: KubeObject) {
    super(
      `${kind} ${keyOf(object)}: its annotation ${HELD} is not a valid record; restore its spec by hand, then remove that annotation and the label ${FLIGHT}`,
    );
  }
}

function unrestored(service: Service, { patienceMs }: CleanUpOptions): Error {
  return new Error(
    `Service ${keyOf(service)}: it is still isolated after ${patienceMs / 1000}s; run the clean-up again`,
  );
}

/** Restores Services and ReplicaSets; true while some wait for pods that no Deployment owns any more. */
async function sweepOnce(options: CleanUpOptions, inFlight: ReadonlyMap<string, string>): Promise<boolean> {
  const { kube, clock } = options;
  // A minute ahead, so that no grace period for a recreated Deployment holds up the clean-up.
  const now = clock.now() + 60_000;
  let waits = false;
  await write(
    options,
    async () => ({
      services: await flying<Service>(kube, services),
      replicaSets: await flying<ReplicaSet>(kube, replicaSets),
    }),
    (found) => {
      const { writes, waitMs } = sweep({ now, inFlight, routes: [], ...found });
      waits = waitMs !== undefined;
      return writes;
    },
  );
  return waits;
}

function writeRoute(options: CleanUpOptions, route: Route, decide: (found: Route) => readonly Write[]) {
  return write(options, () => fresh<Route>(options.kube, routeResource(route), route), decide);
}

async function end(options: CleanUpOptions, deployment: Deployment): Promise<void> {
  const { kube, clock, say, patienceMs } = options;
  const read = () => fresh<Deployment>(kube, deployments, deployment);
  const { uid } = deployment.metadata;
  await write(options, read, (found) =>
    pendingRecordOf(found) === undefined ? [] : [writeChanged(found, undefined)],
  );
  const readSets = () => listReplicaSets(kube, deployment);
  const own = await readSets();
  const begun = holdRecordOf(deployment);
  const remaining = begun === undefined ? "stable" : remainingOf(begun, own);
  // Without the ReplicaSet, isolated Services select no pod.
  const readServices = () => flying<Service>(kube, services);
  if (remaining === "present")
    await write(options, readServices, (found) => restoreIsolated(deployment, found, "present"));
  await write(options, read, (found) => {
    const held = holdRecordOf(found);
    if (held === undefined && HELD in (found.metadata.annotations ?? {}))
      throw new Unreadable("Deployment", found);
    return held === undefined ? removeLeftHold(found) : endRollout(found, held, own);
  });
  const deadline = clock.now() + patienceMs;
  for (let found = await read(); !isComplete({ deployment: found }); found = await read()) {
    if (clock.now() > deadline)
      throw new Error(`Deployment ${keyOf(found)}: its pods are not back after ${patienceMs / 1000}s`);
    await clock.sleep(POLL_MS);
  }
  const to = remaining === "stable" ? "stable" : "present";
  await write(options, readServices, (found) => restoreIsolated(deployment, found, to));
  // The Deployment controller copied the record onto these ReplicaSets; the label lets the sweep find it there.
  const isLeft = ({ metadata: { labels, annotations = {} } }: ReplicaSet) =>
    HELD in annotations && labels?.[FLIGHT] === undefined;
  await write(options, readSets, (sets) => sets.filter(isLeft).map((set) => writeMark(set, uid ?? "")));
  const readBoth = async () => ({ found: await read(), sets: await readSets() });
  await write(options, readBoth, ({ found, sets }) => {
    const held = holdRecordOf(found);
    return held === undefined ? [] : writeLastWords(found, held, sets, clock.now());
  });
  say(`Deployment ${keyOf(deployment)} ${outcomes[remaining]}`);
}

const outcomes = {
  promoted: "runs its new version under its own fields: its promotion had begun",
  stable: "runs its stable version under its own fields",
  present: "keeps its present version under its own fields: its stable ReplicaSet is gone",
} as const;

async function write<T>(
  options: CleanUpOptions,
  read: () => Promise<T>,
  decide: (found: T) => readonly Write[],
): Promise<void> {
  const { kube, clock } = options;
  const change = async (found: T) => {
    for (const one of decide(found)) await perform(kube, one, signature(clock));
  };
  // An object that is gone needs no change.
  await retryOnConflict(read, change).catch(ifNotFound(undefined));
}

async function flying<T extends Deployment | Service | ReplicaSet>(
  kube: Kube,
  resource: Resource,
): Promise<T[]> {
  return (await kube.list<T>(resource, {}, { labelSelector: FLIGHT })).items;
}

function fresh<T extends Route | Deployment>(
  kube: Kube,
  resource: Resource,
  { metadata: { namespace, name } }: T,
): Promise<T> {
  return kube.get<T>(resource, { namespace, name });
}

function signature(clock: Clock) {
  return { fieldManager: "serin", component: "serin", now: clock.now() };
}
