import type { Prometheus } from "../evidence/prometheus.ts";
import { messageOf } from "../kube/core/error-message.ts";
import { type Loss, losses, type Settle, settle } from "./changes.ts";
import { CheckedRoute, type CheckTarget, STATUS_MS } from "./checked-route.ts";
import { checkedWorkloads, sweepCheck } from "./objects.ts";
import { removedAfter } from "./removal.ts";
import { areRight, type FeatureOutcome, filters, matches, mirrors, weights } from "./routing.ts";
import { seriesOf } from "./series.ts";

/** What a gateway did with real requests. */
export interface GatewayReport {
  /** Implementation and version, as the caller names them. */
  readonly gateway: string;
  /** The implementation, as Serin knows it. */
  readonly implementation: string;
  /** The day of the run. */
  readonly date: string;
  /** Type → status of the conditions of a route that serves. */
  readonly conditions: Readonly<Record<string, string>>;
  /** Split → the canary's share in percent. */
  readonly weights: Readonly<Record<string, number>>;
  /** Feature → `yes`, or what was wrong. */
  readonly features: Readonly<Record<string, FeatureOutcome>>;
  readonly settle: Settle;
  /** How long (ms) Serin waits after a change of such a gateway. */
  readonly assumedMs: number;
  /** Kind of change → the requests that it cost. */
  readonly losses: Readonly<Record<string, Loss>>;
  /** A series of each version's requests, or why there is none; absent: nobody asked. */
  readonly series?: Readonly<Record<string, string>>;
  /** Which objects of the check are left, and why. */
  readonly left?: string;
}

/** What to run, and how to name it. */
export interface CheckOptions {
  readonly gateway: string;
  /** Changes there and back for each figure about changes. */
  readonly turns: number;
  /** The image of the pods. */
  readonly image: string;
  readonly log: (sentence: string) => void;
  /** The Prometheus that scrapes the gateway; absent: nobody asks for series. */
  readonly prometheus?: Pick<Prometheus, "over"> | undefined;
}

/** How long (ms) the gateway may take to serve the first route; pods start meanwhile. */
const READY_MS = 180_000;
const READY_CALLS_MS = 45_000;

/**
 * Runs every check, and removes its objects whatever happens, also those of a run that was killed. Throws if the gateway does not
 * serve an HTTPRoute, and as `removedAfter` does.
 */
export async function checkGateway(target: CheckTarget, options: CheckOptions): Promise<GatewayReport> {
  const { kube, namespace, clock } = target;
  const before = await sweepCheck(kube, namespace);
  if (before.length > 0)
    options.log(`removed the objects of another check, which may still run: ${before.join(", ")}`);
  return removedAfter(target, async () => {
    const run = clock.now().toString(36);
    for (const { resource, body } of checkedWorkloads(options.image, run))
      await kube.create(resource, { namespace }, body);
    const ofRequests = await checkRequests(target, options);
    options.log("gRPC");
    const calls = await checkCalls(target, options.turns);
    const ofCalls = Object.entries(calls.losses).map(([kind, loss]) => [`gRPC, ${kind}`, loss]);
    return {
      ...ofRequests,
      features: { ...ofRequests.features, gRPC: calls.outcome },
      losses: { ...ofRequests.losses, ...Object.fromEntries(ofCalls) },
    };
  });
}

async function checkRequests(target: CheckTarget, options: CheckOptions): Promise<GatewayReport> {
  const { gateway, turns, log, prometheus } = options;
  log("waiting until the gateway serves a route of the check");
  const route = await CheckedRoute.open(target, "HTTPRoute", READY_MS);
  try {
    const said = (await route.conditions()).map(({ type, status }) => [type, status] as const);
    log("weights");
    const shares = await weights(route);
    if (prometheus !== undefined) log("the gateway's series in Prometheus");
    // While both versions have a weight and no filters.
    const series = prometheus && (await seriesOf(route, prometheus));
    log("matches, copies and filters");
    const features = { ...(await matches(route)), ...(await mirrors(route)), ...(await filters(route)) };
    log("how soon changes are in force");
    const settled = await settle(route, turns);
    log("requests lost at changes");
    return {
      gateway,
      implementation: route.gateway.name,
      date: new Date(target.clock.now()).toISOString().slice(0, 10),
      conditions: Object.fromEntries(said),
      weights: shares,
      features,
      settle: settled,
      assumedMs: route.gateway.settleMs,
      losses: await losses(route, turns),
      ...(series && { series }),
    };
  } finally {
    await route.close();
  }
}

/**
 * What a gateway did with gRPC calls, or why that is not known. A gateway that serves none costs the wait for it, and
 * nothing else.
 */
async function checkCalls(
  target: CheckTarget,
  turns: number,
): Promise<{ readonly outcome: FeatureOutcome; readonly losses: Readonly<Record<string, Loss>> }> {
  try {
    const route = await CheckedRoute.open(target, "GRPCRoute", READY_CALLS_MS);
    try {
      const shares = await weights(route);
      const outcome = areRight(shares) ? "yes" : told(shares);
      return { outcome, losses: await losses(route, turns) };
    } finally {
      await route.close();
    }
  } catch (error) {
    if (target.signal.aborted) throw error;
    return { outcome: messageOf(error), losses: {} };
  }
}

/** The report for people, a line for each figure. */
export function linesOfReport(report: GatewayReport): readonly string[] {
  const { statusMs, firstMs, lastMs, changes } = report.settle;
  const conditions = Object.entries(report.conditions).map(([type, status]) => `${type}=${status}`);
  return [
    `${report.gateway}, ${report.date}`,
    `conditions of a route that serves: ${conditions.join(", ")}`,
    `weights: ${areRight(report.weights) ? "yes" : "wrong"} (${told(report.weights)})`,
    ...Object.entries(report.features).map(([feature, outcome]) => `${feature}: ${outcome}`),
    `status ${statusMs === undefined ? `never current within ${STATUS_MS / 1000} s` : `current after ${statusMs} ms`}, first canary request after ${firstMs} ms, last one after ${lastMs} ms (longest of ${changes})`,
    ...Object.entries(report.losses).map(
      ([kind, { requests, lost, wrong }]) => `${kind}: ${lost} of ${requests} lost, ${wrong} wrong answers`,
    ),
    ...Object.entries(report.series ?? {}).map(([version, name]) => `requests of ${version}: ${name}`),
    ...(report.left === undefined ? [] : [report.left]),
  ];
}

function told(shares: Readonly<Record<string, number>>): string {
  return Object.entries(shares)
    .map(([split, share]) => `${split}: ${share} %`)
    .join(", ");
}
