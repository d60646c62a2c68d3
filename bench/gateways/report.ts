import { checkCalls } from "./calls.ts";
import type { Loss, Settle } from "./changes.ts";
import { losses, settle } from "./changes.ts";
import { CheckedRoute, type CheckTarget } from "./checked-route.ts";
import { areRight, type FeatureOutcome, filters, matches, mirrors, weights } from "./routing.ts";

/** What a gateway did with real requests. */
export interface Report {
  /** Implementation and version, as the caller names them. */
  readonly gateway: string;
  /** The day of the run. */
  readonly date: string;
  /** Split → the canary's share in percent. */
  readonly weights: Readonly<Record<string, number>>;
  /** Feature → `yes`, or what was wrong. */
  readonly features: Readonly<Record<string, FeatureOutcome>>;
  readonly settle: Settle;
  /** Kind of change → the requests that it cost. */
  readonly losses: Readonly<Record<string, Loss>>;
  /** A series of each version's requests; absent: nobody asked, or there was none. */
  readonly series?: Readonly<Record<string, string>>;
}

/** What to run, and how to name it. */
export interface CheckOptions {
  readonly gateway: string;
  readonly turns: number;
  readonly log: (text: string) => void;
  /** Finds a series of each version's requests. */
  readonly seriesOf?: (namespace: string) => Promise<Readonly<Record<string, string>>>;
}

/** Runs every check; removes its namespaces whatever happens. */
export async function check(target: CheckTarget, options: CheckOptions): Promise<Report> {
  const ofRequests = await checkRequests(target, options);
  options.log("gRPC");
  const calls = await checkCalls(target, options.turns);
  const ofCalls = Object.entries(calls.losses).map(([kind, loss]) => [`gRPC, ${kind}`, loss]);
  return {
    ...ofRequests,
    features: { ...ofRequests.features, gRPC: calls.outcome },
    losses: { ...ofRequests.losses, ...Object.fromEntries(ofCalls) },
  };
}

async function checkRequests(
  target: CheckTarget,
  { gateway, turns, log, seriesOf }: CheckOptions,
): Promise<Report> {
  log("waiting until the gateway serves a route of its own");
  const route = await CheckedRoute.open(target);
  try {
    log("weights");
    const shares = await weights(route);
    // While both versions have a weight and no filters.
    const series = await seriesOf?.(route.namespace);
    log("matches, copies and filters");
    const features = { ...(await matches(route)), ...(await mirrors(route)), ...(await filters(route)) };
    log("how soon changes are in force");
    const settled = await settle(route);
    log("requests lost at changes");
    const lost = await losses(route, turns);
    const date = new Date().toISOString().slice(0, 10);
    return {
      gateway,
      date,
      weights: shares,
      features,
      settle: settled,
      losses: lost,
      ...(series && { series }),
    };
  } finally {
    await route.close();
  }
}

/** The report for people. */
export function textOf({
  gateway,
  date,
  weights: shares,
  features,
  settle: settled,
  losses,
  series = {},
}: Report): string {
  const { statusMs, firstMs, lastMs } = settled;
  const told = Object.entries(shares).map(([split, share]) => `${split}: ${share} %`);
  return [
    `${gateway}, ${date}`,
    `weights: ${areRight(shares) ? "yes" : "wrong"} (${told.join(", ")})`,
    ...Object.entries(features).map(([feature, outcome]) => `${feature}: ${outcome}`),
    `status current after ${statusMs ?? "?"} ms, first canary request after ${firstMs} ms, last one after ${lastMs} ms (longest of 16)`,
    ...Object.entries(losses).map(
      ([kind, { requests, lost, wrong }]) => `${kind}: ${lost} of ${requests} lost, ${wrong} wrong answers`,
    ),
    ...Object.entries(series).map(([version, name]) => `requests of ${version}: ${name}`),
  ].join("\n");
}
