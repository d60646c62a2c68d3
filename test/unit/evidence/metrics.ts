import type { Grid, Prometheus } from "../../../evidence/prometheus.ts";
import { type EvidenceOptions, EvidenceReader } from "../../../evidence/reader.ts";
import { AnswerTooLong, ProviderError } from "../../../providers/provider.ts";
import type { Backend } from "../../../rollout/gateways/metrics/backend.ts";
import type { Sample } from "../../../rollout/gateways/metrics/sample.ts";
import { traefik } from "../../../rollout/gateways/traefik.ts";
import type { JudgeInput } from "../../../rollout/judge/evidence.ts";
import { compareDefaults } from "../../../rollout/plan/compare.ts";
import type { FakeClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";
import { noNamesakes } from "../../support/namesakes.ts";

/** A counter of Traefik's as a function of time (ms); `undefined`: the series is not there. */
export interface Series {
  readonly service: string;
  readonly code: string;
  readonly le?: string;
  readonly value: (at: number) => number | undefined;
}

/** A Prometheus that computes what it would have scraped; counts what it is asked. */
export class FakePrometheus implements Prometheus {
  readonly series: Series[] = [];
  readonly asked: { promql: string; grid: Grid }[] = [];
  scrape: number | undefined = 5_000;
  /** When each target is scraped, in ms after each multiple of that interval. */
  scraped: readonly number[] = [];
  /** How late (ms) its samples arrive, and the time by which they do. */
  late: { readonly ms: number; readonly clock: Pick<FakeClock, "now"> } | undefined;
  /** Whether it answers. */
  up = true;
  /** How long (ms) it wants to be left alone while it does not answer. */
  pauseMs: number | undefined;
  /** How often it did not answer. */
  refused = 0;
  /** The most samples of an answer that is short enough to be read. */
  most = Number.POSITIVE_INFINITY;

  over = async (promql: string, grid: Grid) => {
    this.#answer();
    this.asked.push({ promql, grid });
    const buckets = promql.includes("_bucket");
    const wanted = new RegExp(`^(?:${JSON.parse(/service=~("[^"]*")/.exec(promql)?.[1] ?? '""')})$`);
    const found = this.series.filter(
      ({ le, service }) => (le !== undefined) === buckets && wanted.test(named(service)),
    );
    const instants = new Map<number, readonly Sample[]>();
    for (let at = grid.from; at <= grid.to; at += grid.stepMs) {
      const samples = found.flatMap(({ service, code, le, value }) => {
        const labels = { service: named(service), code, instance: "gw:1", ...(le !== undefined && { le }) };
        const now = value(Math.min(at, this.#arrivedUpTo()));
        return now === undefined ? [] : [{ labels, value: now }];
      });
      if (samples.length > 0) instants.set(at, samples);
    }
    const samples = [...instants.values()].reduce((sum, some) => sum + some.length, 0);
    if (samples > this.most) throw new AnswerTooLong("Prometheus answers with more than 64 MiB");
    return instants;
  };

  scrapes = async (_selector: string, at: number) => {
    this.#answer();
    const everyMs = this.scrape;
    if (everyMs === undefined) return undefined;
    const upTo = Math.min(at, this.#arrivedUpTo());
    const last = this.scraped.map((offset) => Math.floor((upTo - offset) / everyMs) * everyMs + offset);
    return { everyMs, last };
  };

  /** Both versions of a Service: so many requests a second, of which so many thousandths fail. */
  serve(
    service: string,
    from: number,
    { canary = 10, stable = 90, canaryFails = 1, stableFails = 1 } = {},
  ): void {
    const counted = (rate: number, thousandths: number, since: number) => (at: number) =>
      at < since ? undefined : Math.floor((((at - since) / 1000) * rate * thousandths) / 1000);
    const add = (name: string, rate: number, fails: number, since: number) => {
      this.series.push({ service: name, code: "200", value: counted(rate, 1000 - fails, since) });
      this.series.push({ service: name, code: "500", value: counted(rate, fails, since) });
    };
    add(service, stable, stableFails, from - 3_600_000);
    add(`${service}-canary`, canary, canaryFails, from);
  }

  #arrivedUpTo(): number {
    return this.late === undefined ? Number.POSITIVE_INFINITY : this.late.clock.now() - this.late.ms;
  }

  #answer(): void {
    if (this.up) return;
    this.refused += 1;
    throw new ProviderError("Prometheus cannot be reached", { retryAfterMs: this.pauseMs });
  }
}

/** A watch on a rollout of a Service behind a route of the same name, since an instant (ms). */
export function aWatch(service: string, from: number, more: Partial<JudgeInput> = {}): JudgeInput {
  const backend = (name: string): Backend => ({
    routeKind: "HTTPRoute",
    routeNamespace: "shop",
    route: service,
    namespace: "shop",
    service: name,
    refs: [],
    replicaSet: `${name}-abc`,
  });
  return {
    uid: `uid-${service}`,
    rollout: "first",
    from,
    sources: [
      { pack: traefik.metrics.pack, canary: [backend(`${service}-canary`)], stable: [backend(service)] },
    ],
    terms: { compare: compareDefaults, checks: [], stepFrom: from, nextShare: 0.25 },
    pods: { canary: [], stable: [] },
    templates: [],
    subject: { namespace: "shop", target: service },
    variables: {},
    ...more,
  };
}

/** A reader of its own, whose watches are asked for at every reading, as reconciling does. */
export function readerOf(
  prometheus: FakePrometheus,
  watches: readonly JudgeInput[],
  { clock, signal }: Pick<EvidenceOptions, "signal"> & { readonly clock: FakeClock },
) {
  const told: string[][] = [];
  const reader = new EvidenceReader({
    prometheus,
    namesakes: noNamesakes,
    gates: async (_watch, before) => before,
    clock,
    log: noLog,
    signal,
    onRead: (uids) => {
      told.push([...uids]);
      for (const watch of watches) if (uids.includes(watch.uid)) reader.of(watch);
    },
  });
  for (const watch of watches) reader.of(watch);
  return { reader, clock, told };
}

function named(service: string): string {
  const route = service.replace(/-canary$/, "");
  return `httproute-shop-${route}-gw-edge-gw-ep-web-0-0abc-svc-shop-${service}-0@kubernetesgateway`;
}
