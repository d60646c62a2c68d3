/**
 * `npm run gateway-check -- --gateway NAME`: what a gateway of the tests' cluster (traefik, contour, envoy-gateway,
 * envoy-gateway-merged, istio) does with weights, matches, copies, filters and changes, counted in requests: what
 * `kubectl serin doctor --gateway` does with one of the user's. The report goes to stderr, and as JSON to stdout. `--turns N`: changes
 * there and back for each kind of loss.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { gateway: { type: "string" }, turns: { type: "string", default: "8" } },
});
const { gateway, turns } = values;
if (gateway === undefined) throw new Error("--gateway: missing: name a gateway of the tests");

run("sh", ["test/cluster/setup.sh", gateway === "istio" ? "istio" : "envoy_gateway"], 2);
run(process.execPath, ["test/cluster/enter.ts", "bench/gateways/test-cluster.ts", gateway, turns], 1);

/** Only the report goes to stdout. */
function run(program: string, args: readonly string[], stdout: number): void {
  const { status } = spawnSync(program, args, { stdio: ["inherit", stdout, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
