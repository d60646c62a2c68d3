/**
 * A gateway's metrics without the gateway: `node bench/queries/exporter.ts PORT GATEWAY CANARIES` serves the counters
 * of this many canaries and their stable versions on loopback. The counters grow with time.
 */
import { createServer } from "node:http";
import { type App, appsOf, WEIGHT } from "./apps.ts";
import { ANSWERS, BOUNDS, type ExportedGateway, exportedGateways } from "./gateways.ts";

/** A series as text, its requests a second, and since when it counts (s before the start). */
interface Series {
  readonly text: string;
  readonly rate: number;
  readonly age: number;
}

/** How steeply latencies spread around their median (log-logistic). */
const STEEPNESS = 2.5;
const STABLE_AGE = 3_600;

const [port, name, canaries] = process.argv.slice(2);
const gateway: ExportedGateway = exportedGateways[name as keyof typeof exportedGateways];
const families = [gateway.counter, gateway.histogram.replace(/_bucket$/, "")] as const;
const all = appsOf(Number(canaries)).flatMap((app) =>
  (["stable", "canary"] as const).map((arm) => ({ app, arm })),
);
const requests = all.flatMap(({ app, arm }) => requestsOf(app, arm));
const buckets = all.flatMap(({ app, arm }) => bucketsOf(app, arm));
const began = Date.now();

createServer((_, response) => {
  const seconds = (Date.now() - began) / 1000;
  response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
  response.write(`# TYPE ${families[0]} counter\n${written(requests, seconds)}`);
  response.end(`# TYPE ${families[1]} histogram\n${written(buckets, seconds)}`);
}).listen(Number(port), "127.0.0.1");

function written(series: readonly Series[], seconds: number): string {
  let text = "";
  for (const { text: labels, rate, age } of series)
    text += `${labels} ${Math.floor(rate * (age + seconds))}\n`;
  return text;
}

function requestsOf(app: App, arm: "canary" | "stable"): Series[] {
  return ANSWERS.map(([code, method, share]) => ({
    text: `${gateway.counter}{${gateway.answer(code, method)},${gateway.backend(app, arm)}}`,
    ...grown(app, arm, share),
  }));
}

function bucketsOf(app: App, arm: "canary" | "stable"): Series[] {
  const answers: readonly (readonly [labels: string, share: number])[] = gateway.bucketsByCode
    ? ANSWERS.map(([code, method, share]) => [`${gateway.answer(code, method)},`, share] as const)
    : [["", 1]];
  return answers.flatMap(([labels, share]) =>
    BOUNDS.map((bound) => {
      const le = bound === Infinity ? "+Inf" : bound * gateway.perSecond;
      return {
        text: `${gateway.histogram}{${labels}${gateway.backend(app, arm)},le="${le}"}`,
        ...grown(app, arm, share / (1 + (app.median / bound) ** STEEPNESS)),
      };
    }),
  );
}

function grown({ rps }: App, arm: "canary" | "stable", share: number): Omit<Series, "text"> {
  const weight = arm === "canary" ? WEIGHT : 1 - WEIGHT;
  return { rate: rps * weight * share, age: arm === "canary" ? 0 : STABLE_AGE };
}
