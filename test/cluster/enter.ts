/**
 * Runs a script in namespaces for the cluster: `node test/cluster/enter.ts SCRIPT [ARGS…]` in network, mount and pid
 * namespaces of its own (Linux, root). Exit status and signals pass through; a second Ctrl-C kills at once. The
 * script's temporary files, including the cluster's logs, are kept only if it fails.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { demandRoot, passSignals, spawnInNamespace } from "./namespace.ts";

demandRoot();
const temporary = mkdtempSync(join(tmpdir(), "serin-"));
const child = spawnInNamespace(process.argv.slice(2), { ...process.env, TMPDIR: temporary });
const asked = passSignals(child);
child.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (code === 0 || asked() || readdirSync(temporary).length === 0) rmSync(temporary, { recursive: true });
  else console.error(`Logs are in ${temporary}`);
  process.exit(code ?? 128 + constants.signals[signal ?? "SIGKILL"]);
});
