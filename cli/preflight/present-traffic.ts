import type { Prometheus } from "../../evidence/prometheus.ts";
import { readStart } from "../../evidence/start.ts";
import { ticksBy } from "../../evidence/ticks.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { attribution } from "../../rollout/gateways/metrics/attribution.ts";
import { isFailure } from "../../rollout/judge/answers.ts";
import type { Criteria } from "../../rollout/judge/criteria.ts";
import type { Counted } from "../../rollout/judge/evidence.ts";
import { instant } from "../../rollout/text/instant.ts";
import type { PresentTraffic } from "./metrics-findings.ts";

/** How far back (s) the stable version is looked at, as the judge does before a rollout. */
const BACK_S = 1_800;
/** A route of others with the same names would only change an estimate. */
const namesakes = { doubts: () => () => undefined };

interface Means {
  readonly prometheus: Prometheus;
  readonly clock: Clock;
}

/** Reads what the gateways counted of the version that serves now. Throws a ProviderError. */
export async function readTraffic(
  means: Means,
  uid: string,
  sources: readonly Counted[],
  compare: Criteria["compare"],
): Promise<PresentTraffic> {
  const { clock } = means;
  const now = clock.now();
  const counted = await Promise.all(sources.map((source) => count(means, source, now)));
  const sum = (of: (one: (typeof counted)[number]) => number) =>
    counted.reduce((all, one) => all + of(one), 0);
  const scrapeMs = counted.flatMap((one) => one.scrapeMs ?? [])[0];
  const requests = sum(({ requests }) => requests);
  const terms: Criteria = { compare, checks: [], stepFrom: now, nextShare: 1 };
  const before = { uid, rollout: instant(now), sources, from: now, terms };
  const { start, all } = await readStart({ ...means, namesakes }, before, ticksBy(means));
  return {
    packs: sources.map(({ pack }) => pack.name),
    series: sum(({ series }) => series),
    ...(scrapeMs !== undefined && { scrapeMs }),
    rps: requests / BACK_S,
    fails: requests === 0 ? 0 : sum(({ failed }) => failed) / requests,
    phi: start.phi,
    bounds: all,
  };
}

async function count({ prometheus }: Means, { pack, stable }: Counted, now: number) {
  if (stable.length === 0) return { series: 0, requests: 0, failed: 0 };
  const at = { from: now, to: now, stepMs: 1_000 };
  const isOwn = attribution(
    pack,
    stable.map((backend) => [backend, true] as const),
  );
  const [present, grown, ...scrapes] = await Promise.all([
    prometheus.over(pack.requests(stable), at),
    prometheus.over(pack.requests(stable, `${BACK_S}s`), at),
    ...pack.selectors(stable).map((selector) => prometheus.scrapes(selector, now)),
  ] as const);
  const ownOf = (instants: typeof present) =>
    [...instants.values()].flat().filter(({ labels, value }) => isOwn(labels) && Number.isFinite(value));
  const counts = ownOf(grown).map(({ labels, value }) => ({ code: pack.codeOf(labels), value }));
  const sum = (of: typeof counts) => of.reduce((all, { value }) => all + value, 0);
  const scrapeMs = scrapes.find((found) => found !== undefined)?.everyMs;
  return {
    series: ownOf(present).length,
    requests: sum(counts),
    failed: sum(counts.filter(({ code }) => isFailure(code))),
    ...(scrapeMs !== undefined && { scrapeMs }),
  };
}
