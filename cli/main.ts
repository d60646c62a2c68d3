import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pino from "pino";
import { connect } from "../kube/client/connect.ts";
import { fromFile } from "../kube/client/credentials.ts";
import { gatewayApi, negotiated } from "../kube/client/discovery.ts";
import { systemClock } from "../kube/core/clock.ts";
import { cleanUp } from "./cleanup.ts";

const { values: options } = parseArgs({
  options: {
    kubeconfig: { type: "string", default: process.env.KUBECONFIG ?? join(homedir(), ".kube", "config") },
    /** How long each Deployment's pods may take to come back. */
    "patience-seconds": { type: "string", default: "300" },
  },
});

const connection = connect({
  fieldManager: "serin",
  userAgent: "serin-cleanup",
  load: () => fromFile(options.kubeconfig),
  log: pino({ level: "warn" }),
});
const kube = negotiated(connection, { ...gatewayApi, clock: systemClock });
await cleanUp({
  kube,
  clock: systemClock,
  say: (sentence) => process.stdout.write(`${sentence}\n`),
  patienceMs: Number(options["patience-seconds"]) * 1000,
});
await kube.close();
