/**
 * `npm run gateway-check -- --gateway NAME`: what a gateway of the tests' cluster (traefik, contour, envoy-gateway,
 * envoy-gateway-merged, istio) does with weights, matches, copies, filters and changes, counted in requests. With `--kubeconfig FILE
 * --gateway NAMESPACE/NAME --url URL`: the same for a Gateway of that cluster, in a namespace that the check makes and removes.
 * The report goes to stderr, and as JSON to stdout. `--turns N`: changes there and back for each kind of loss.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { connectByKubectl, echoPods } from "./own-cluster.ts";
import { check, textOf } from "./report.ts";

const { values } = parseArgs({
  options: {
    gateway: { type: "string" },
    kubeconfig: { type: "string" },
    url: { type: "string" },
    image: { type: "string", default: "node:24-alpine" },
    hold: { type: "string", default: "10" },
    turns: { type: "string", default: "8" },
  },
});
const { gateway, kubeconfig, url, image, hold, turns } = values;
if (gateway === undefined)
  throw new Error("--gateway: missing: name a gateway of the tests, or NAMESPACE/NAME with --kubeconfig");

if (kubeconfig === undefined) {
  // Only the report goes to stdout.
  const run = (program: string, args: readonly string[], stdout: number) => {
    const { status } = spawnSync(program, args, { stdio: ["inherit", stdout, 2] });
    if (status !== 0) process.exit(status ?? 1);
  };
  run("sh", ["test/cluster/setup.sh", gateway === "istio" ? "istio" : "envoy_gateway"], 2);
  run(process.execPath, ["test/cluster/enter.ts", "bench/gateways/test-cluster.ts", gateway, turns], 1);
  process.exit(0);
}
const [namespace = "", name] = gateway.split("/");
if (name === undefined) throw new Error(`--gateway ${gateway}: not a Gateway: use NAMESPACE/NAME`);
if (url === undefined) throw new Error("--url: missing: where the Gateway answers, such as http://10.0.0.7");
const { api, close } = await connectByKubectl(kubeconfig);
try {
  const parent = { namespace, name };
  const target = { api, url, parent, pods: echoPods(api, image), holdMs: 1_000 * Number(hold) };
  const log = (text: string) => console.error(`gateway-check: ${text}`);
  const report = await check(target, { gateway, turns: Number(turns), log });
  console.error(textOf(report));
  console.log(JSON.stringify(report, undefined, 2));
} finally {
  close();
}
process.exit(0);
