import { MOST_RPS } from "../../conformance/checked-route.ts";
import { checkedRoute, checkedWorkloads } from "../../conformance/objects.ts";
import { checkGateway, linesOfReport } from "../../conformance/report.ts";
import { areRight } from "../../conformance/routing.ts";
import type { Prometheus } from "../../evidence/prometheus.ts";
import type { Kube } from "../../kube/client/api.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { type ExitCode, exitCode } from "../frame/exit-code.ts";
import type { Format } from "../frame/kubectl-flags.ts";
import { printObjects } from "../frame/print.ts";
import type { Terminal } from "../frame/terminal.ts";
import { type GatewayObject, gatewayNamed, placeOn } from "./gateway-place.ts";
import { untilInterrupted } from "./interruption.ts";

const gateways = { group: "gateway.networking.k8s.io", version: "v1", plural: "gateways" };

/** What to check, and how. */
export interface GatewayCheck {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly terminal: Terminal;
  /** Where the check makes its objects. */
  readonly namespace: string;
  /** The Gateway as the user names it: `namespace/name`, or a name in that namespace. */
  readonly gateway: string;
  readonly prometheus: Pick<Prometheus, "over">;
  readonly flags: {
    readonly execute: boolean;
    readonly address: string | undefined;
    readonly image: string;
    /** In ms; 0: as long as Serin does. */
    readonly settle: number;
    readonly turns: number;
    readonly output: Format;
  };
}

/** Shows what the check of a Gateway would make, or does it, and prints what the Gateway did. */
export async function checkTheirGateway(check: GatewayCheck): Promise<ExitCode> {
  const { kube, clock, terminal, namespace, gateway, prometheus, flags } = check;
  const where = gatewayNamed(gateway, namespace);
  const place = placeOn(await kube.get<GatewayObject>(gateways, where), namespace, flags.address);
  const title = `${where.namespace}/${where.name}`;
  if (!flags.execute) {
    for (const line of planOf(check, title, place)) terminal.say(line);
    return exitCode.done;
  }
  const report = await untilInterrupted(terminal.tell, (signal) =>
    checkGateway(
      { kube, clock, namespace, ...place, signal, holdMs: flags.settle || undefined },
      { ...flags, gateway: title, prometheus, log: terminal.tell },
    ),
  );
  if (!printObjects(terminal, flags.output, [{ name: `gateway/${where.name}`, object: report }], true)) {
    for (const line of linesOfReport(report)) terminal.say(line);
    const { firstMs, lastMs } = report.settle;
    const longest = Math.max(firstMs, lastMs);
    if (longest > report.assumedMs)
      terminal.say(
        `${terminal.sign("warning")} Serin waits ${report.assumedMs / 1000}s after a change, and one took ${longest / 1000}s: annotate the Deployment with serin.dev/settle=${Math.ceil(longest / 1000)}s`,
      );
  }
  return areRight(report.weights) && report.left === undefined ? exitCode.done : exitCode.fault;
}

/** What the check would make and send. */
function planOf(
  { namespace, flags }: GatewayCheck,
  title: string,
  { url, domain, parent }: ReturnType<typeof placeOn>,
): readonly string[] {
  const host = `*.${domain}`;
  const made = [
    ...checkedWorkloads(flags.image, "run"),
    ...(["HTTPRoute", "GRPCRoute"] as const).map((kind) => checkedRoute(kind, { parent, host })),
  ];
  return [
    `Gateway ${title}, listener ${parent.sectionName}, at ${url}`,
    `the check makes these objects in the namespace ${namespace}, and removes them at the end:`,
    ...made.map(
      ({ kind, name }) => `  ${kind} ${name}${kind === "Deployment" ? `, one pod of ${flags.image}` : ""}`,
    ),
    `it sends from here up to ${MOST_RPS} requests a second, for a host of its own in the domain ${JSON.stringify(domain)}`,
    `it makes each kind of change ${2 * flags.turns} times`,
    "it takes 6 minutes where Serin waits 2 s after a change, 25 minutes for 10 s, and 3 hours for 90 s; less with --turns=2",
    "the same command with --execute does this",
  ];
}
