import { homedir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { cleanupProgram } from "../flags/cleanup.ts";
import { parseFlags } from "../flags/program.ts";
import { connect } from "../kube/client/connect.ts";
import { gatewayApi, negotiated } from "../kube/client/discovery.ts";
import { fromFile } from "../kube/client/kubeconfig.ts";
import { systemClock } from "../kube/core/clock.ts";
import { cleanUp } from "./cleanup.ts";

const { values: options } = parseFlags(cleanupProgram, process.argv.slice(2), process.exit);
const kubeconfig = options.kubeconfig ?? process.env.KUBECONFIG ?? join(homedir(), ".kube", "config");

const connection = connect({
  fieldManager: "serin",
  userAgent: "serin-cleanup",
  load: () => fromFile(kubeconfig),
  log: pino({ level: "warn" }),
});
const kube = negotiated(connection, { ...gatewayApi, clock: systemClock });
await cleanUp({
  kube,
  clock: systemClock,
  say: (sentence) => process.stdout.write(`${sentence}\n`),
  patienceMs: options["patience-seconds"] * 1000,
});
await kube.close();
