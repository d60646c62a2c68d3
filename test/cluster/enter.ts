/**
 * Runs a script where the cluster can live: `node test/cluster/enter.ts SCRIPT [ARGS…]` in network, mount and pid
 * namespaces of its own (Linux, root). Exit status and signals pass through; a second Ctrl-C kills at once.
 */
import { constants } from "node:os";
import { signalNamespace, spawnInNamespace } from "./namespace.ts";

if (process.platform !== "linux" || process.getuid?.() !== 0) {
  console.error("The cluster needs root on Linux: it makes network, mount and process namespaces.");
  process.exit(1);
}
const child = spawnInNamespace(process.argv.slice(2));
let asked = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (asked) child.kill("SIGKILL");
    else signalNamespace(child, signal);
    asked = true;
  });
}
child.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));
