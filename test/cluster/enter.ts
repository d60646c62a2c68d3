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
