/**
 * The first process inside the namespaces. It configures the network, runs the script given to enter.ts, and ends with
 * its status. Then the kernel kills every process left in the pid namespace.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { configureNetwork } from "./namespace.ts";

configureNetwork();
const child = spawn(process.execPath, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));
