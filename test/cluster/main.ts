/**
 * A cluster to use by hand: `main.ts SCRIPT [ARGS…]` runs `SCRIPT DIR ARGS…` in network, mount and pid namespaces of its
 * own. When the script opens its doors (doors.ts), the API server, the gateway and Prometheus answer on free ports of
 * 127.0.0.1 outside. Exit status and signals pass through. DIR, with all logs, is kept only if the script fails.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { joinDoors } from "./doors.ts";
import { demandRoot, passSignals, spawnInNamespace } from "./namespace.ts";

demandRoot();
const [script = "", ...args] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), "serin-cluster-"));
const ended = new AbortController();
const child = spawnInNamespace([script, dir, ...args], process.env);
const asked = passSignals(child);
const exit = once(child, "exit");
const joining = joinDoors(dir, ended.signal);
const [code, signal] = (await exit) as [number | null, NodeJS.Signals | null];
ended.abort();
await joining;
if (code === 0 || asked()) rmSync(dir, { recursive: true });
else console.error(`Logs are in ${dir}`);
process.exit(code ?? 128 + constants.signals[signal ?? "SIGKILL"]);
