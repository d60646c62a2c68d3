/**
 * `npm run bench:scale [-- --rest 10000 --flight 1000 --rate 100]` measures Serin with so many Deployments opted in at rest,
 * then with so many rollouts at once, and kills the leader in the middle. The control plane and Prometheus are real; KWOK
 * stands in for the kubelet, scale/gateway.ts for the gateway, and the exporter of bench/queries for its metrics. Prints a
 * Markdown table (docs/scale.md). `--rest 100 --flight 20` is a smoke test of two minutes. `--interval 30m` (10s) keeps rollouts
 * in flight for as long as the machine needs to begin them all. With `--restart`, the killed leader starts again.
 */
import { parseArgs } from "node:util";
import { installSerin } from "../../test/cluster/serin.ts";
import { startMeasured } from "../cluster.ts";
import { measureScale, type ScaleSize } from "./run.ts";
import { scaleTableOf } from "./table.ts";

const number = (value: number) => ({ type: "string", default: String(value) }) as const;
const { values } = parseArgs({
  options: {
    ...{ rest: number(10_000), flight: number(1_000), rate: number(100), seconds: number(20) },
    interval: { type: "string", default: "10s" },
    restart: { type: "boolean", default: false },
  },
});
const wholeOf = (flag: Exclude<keyof typeof values, "restart" | "interval">) => {
  const value = Number(values[flag]);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`--${flag}: invalid value "${values[flag]}": use a whole number from 1 up`);
};
const size: ScaleSize = {
  rest: wholeOf("rest"),
  flight: wholeOf("flight"),
  rate: wholeOf("rate"),
  seconds: wholeOf("seconds"),
  interval: values.interval,
  restart: values.restart,
};
if (size.flight > size.rest)
  throw new Error(`--flight ${size.flight}: more than --rest ${size.rest}: use as many at most`);

// Progress goes to stderr, because the table on stdout may be redirected.
const log = (text: string) => console.error(`bench: ${text}`);
const cluster = await startMeasured("scale", { log, implementations: [] });
try {
  await installSerin(cluster);
  console.log(scaleTableOf(size, await measureScale(cluster, size, log)));
} finally {
  await cluster.stop();
}
process.exit();
