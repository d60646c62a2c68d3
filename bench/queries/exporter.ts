/**
 * A gateway's metrics without the gateway: `node bench/queries/exporter.ts PORT GATEWAY CANARIES [BAD]` serves the counters
 * of this many canaries and their stable versions on loopback. The counters grow with time. The canary with the number BAD
 * fails half of its requests.
 */
import { createServer } from "node:http";
import { type App, appsOf, WEIGHT } from "./apps.ts";
import { ANSWERS, BOUNDS, type ExportedGateway, exportedGateways } from "./gateways.ts";

/** Requests that are counted: how many a second, and since when (s before the start). */
interface Counted {
  readonly rate: number;
  readonly age: number;
}

/**
 * A series as text, the requests that it counts, and its share of them. All buckets of a histogram are shares of one count:
 * rounded each by itself, they would not be a histogram, and canaries with few requests would look slow.
 */
interface Series {
  readonly text: string;
  readonly of: readonly Counted[];
  readonly share: number;
}

/** The share of its requests that the bad canary fails. */
const BAD_SHARE = 0.5;
/** How steeply latencies spread around their median (log-logistic). */
const STEEPNESS = 2.5;
const STABLE_AGE = 3_600;

const [port, name, canaries, bad] = process.argv.slice(2);
const gateway: ExportedGateway = exportedGateways[name as keyof typeof exportedGateways];
const families = [gateway.counter, gateway.histogram.replace(/_bucket$/, "")] as const;
const all = appsOf(Number(canaries)).flatMap((app, i) =>
  (["stable", "canary"] as const).map((arm) => ({ app, arm, isBad: arm === "canary" && String(i) === bad })),
);
const requests = all.flatMap(requestsOf);
const buckets = all.flatMap(bucketsOf);
const began = Date.now();

createServer((_, response) => {
  const seconds = (Date.now() - began) / 1000;
  response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
  response.write(`# TYPE ${families[0]} counter\n${written(requests, seconds)}`);
  response.end(`# TYPE ${families[1]} histogram\n${written(buckets, seconds)}`);
}).listen(Number(port), "127.0.0.1");

/** One version of an app. */
interface Version {
  readonly app: App;
  readonly arm: "canary" | "stable";
  readonly isBad: boolean;
}

function written(series: readonly Series[], seconds: number): string {
  let text = "";
  for (const { text: labels, of, share } of series) {
    const count = of.reduce((sum, { rate, age }) => sum + Math.floor(rate * (age + seconds)), 0);
    text += `${labels} ${Math.floor(count * share)}\n`;
  }
  return text;
}

function requestsOf(version: Version): Series[] {
  const backend = gateway.backend(version.app, version.arm);
  const byStatus = ANSWERS.map(([code, method, share]) => ({
    text: `${gateway.counter}{${gateway.answer(code, method)},${backend}}`,
    of: [counted(version, code, share)],
    share: 1,
  }));
  const of = byStatus.flatMap((series) => series.of);
  const others = Object.entries(gateway.others).map(([name, share]) => ({
    text: `${name}{${backend}}`,
    of,
    share,
  }));
  return [...byStatus, ...others];
}

function bucketsOf(version: Version): Series[] {
  const { app, arm } = version;
  const each = ANSWERS.map(
    ([code, method, share]) => [`${gateway.answer(code, method)},`, [counted(version, code, share)]] as const,
  );
  const histograms: readonly (readonly [labels: string, of: readonly Counted[]])[] = gateway.bucketsByCode
    ? each
    : [["", each.flatMap(([, of]) => of)]];
  return histograms.flatMap(([labels, of]) =>
    BOUNDS.map((bound) => {
      const le = bound === Infinity ? "+Inf" : bound * gateway.perSecond;
      return {
        text: `${gateway.histogram}{${labels}${gateway.backend(app, arm)},le="${le}"}`,
        of,
        share: 1 / (1 + (app.median / bound) ** STEEPNESS),
      };
    }),
  );
}

function counted({ app: { rps }, arm, isBad }: Version, code: string, share: number): Counted {
  const weight = arm === "canary" ? WEIGHT : 1 - WEIGHT;
  const failing = code === "500" ? BAD_SHARE : 0;
  const seen = isBad ? share * (1 - BAD_SHARE) + failing : share;
  return { rate: rps * weight * seen, age: arm === "canary" ? 0 : STABLE_AGE };
}
