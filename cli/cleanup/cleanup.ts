import { listRoutes } from "../../kube/client/routes.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import { keyOf } from "../../kube/core/meta.ts";
import { deployments, routeResource, services } from "../../kube/core/resources.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { drainAll } from "../../rollout/cleanup/uninstall.ts";
import { settleMs } from "../../rollout/gateways/settle.ts";
import { FLIGHT, HELD } from "../../rollout/keys.ts";
import { routeRecordOf } from "../../rollout/traffic/route-record.ts";
import { isIsolated } from "../../rollout/traffic/service-record.ts";
import { writeShares } from "../../rollout/traffic/writes.ts";
import { type CleanUpOptions, flying, fresh, POLL_MS, Unreadable, write } from "./access.ts";
import { endDeployment } from "./end-deployment.ts";
import { sweepOnce } from "./sweep-once.ts";

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
  const ends = await Promise.allSettled(flown.map((deployment) => endDeployment(options, deployment)));
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
  const marked = await flying<Service>(kube, services);
  const recorded = marked.filter(({ metadata }) => HELD in (metadata.annotations ?? {}));
  const leftOf = new Map(recorded.map((service) => [service.metadata.uid, service]));
  for (const service of ended.filter(({ metadata }) => !leftOf.has(metadata.uid)))
    say(`Service ${keyOf(service)} is as its owner wrote it, or gone if it was Serin's`);
  const left = ended.flatMap(({ metadata }) => leftOf.get(metadata.uid) ?? []);
  const reasons = [
    ...unreadable.map((route) => new Unreadable("route", route)),
    ...failed.map(({ reason }) => reason),
    ...left.map((one) => (isIsolated(one) ? unrestored(one, options) : new Unreadable("Service", one))),
  ];
  if (reasons.length > 0) throw new AggregateError(reasons, reasons.map(messageOf).join("\n"));
}

function unrestored(service: Service, { patienceMs }: CleanUpOptions): Error {
  return new Error(
    `Service ${keyOf(service)}: it is still isolated after ${patienceMs / 1000}s; run the clean-up again`,
  );
}

function writeRoute(options: CleanUpOptions, route: Route, decide: (found: Route) => readonly Write[]) {
  return write(options, () => fresh<Route>(options.kube, routeResource(route), route), decide);
}
