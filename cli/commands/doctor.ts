import { count, duration, optional, text, toggle, url } from "../../flags/flag.ts";
import { defineCommand } from "../frame/command.ts";
import { UsageError } from "../frame/failure.ts";
import { output, prometheusUrl } from "../frame/kubectl-flags.ts";
import { tellFindings } from "../lint/finding.ts";
import { pluginVersion } from "./version.ts";

/** Small, public, and with a Node that runs the pods' program. */
const ECHO_IMAGE = "docker.io/library/node:24-alpine";
const [TURNS, MOST_TURNS] = [8, 100];

/** Examines the installation of Serin, or one Gateway by real requests. */
export const doctorCommand = defineCommand({
  name: "doctor",
  group: "Installation",
  about:
    "Examines the installation: webhook, programs, leader, Prometheus, gateways, receivers of notices. Each finding names its fix.",
  more:
    "It reads the cluster and asks the webhook by a dry run; nothing is stored. An object that you may not read is a warning. The exit code is 3 if something is broken. " +
    "With --gateway, it examines one Gateway instead: it shows what it would make there, and with --execute it makes that, sends real requests and calls, counts, and removes everything.",
  flags: {
    counters: toggle({ about: "Also asks Prometheus whether it has the request counters of the gateways." }),
    prometheus: prometheusUrl,
    gateway: optional({
      argument: "namespace/name",
      about: "The Gateway to examine by real requests; a name alone is one in the namespace of -n.",
      usualText: "",
    }),
    execute: toggle({ about: "With --gateway: make the objects and send the requests." }),
    address: {
      ...url({ about: "With --gateway: where it answers, without a path." }, ""),
      usual: undefined as string | undefined,
      usualText: "the address in its status",
    },
    image: text(
      {
        argument: "image",
        about: "With --gateway: the image of the two pods that answer. It needs `node` on its PATH.",
      },
      ECHO_IMAGE,
    ),
    settle: duration(
      { about: "With --gateway: how long to wait after a change before requests count." },
      0,
      "as long as Serin waits",
    ),
    turns: count(
      { about: "With --gateway: how often to make each kind of change, and to take it back." },
      TURNS,
      MOST_TURNS,
    ),
    output,
  },
  examples: [
    ["doctor", "After an installation, or if rollouts do not move"],
    ["doctor --counters", "Before the first canary behind a gateway"],
    ["doctor --gateway=edge/public -n scratch --execute", "For a gateway that is not in docs/gateways.md"],
  ],
  async run({ flags, terminal, clock, cluster }) {
    const { counters, prometheus: url, gateway, execute, address, image, settle, turns } = flags;
    const isTable = flags.output.kind === "table";
    const isForGateway =
      execute || address !== undefined || image !== ECHO_IMAGE || settle !== 0 || turns !== TURNS;
    if (gateway === undefined && (isForGateway || !isTable))
      throw new UsageError(
        "--execute, --address, --image, --settle, --turns and -o need --gateway=NAMESPACE/NAME",
      );
    if (gateway !== undefined && counters)
      throw new UsageError(
        "--counters is not for --gateway, which looks for the counters anyway: leave it out",
      );
    if (!execute && !isTable) throw new UsageError("-o needs --execute");
    if (gateway !== undefined) {
      const found = await cluster();
      // They load the HTTP client.
      const { checkTheirGateway } = await import("../doctor/check-gateway.ts");
      const { prometheusFor } = await import("../reading/prometheus.ts");
      const prometheus = prometheusFor(found, url);
      return checkTheirGateway({ ...found, clock, terminal, gateway, prometheus, flags });
    }
    const warnings: string[] = [];
    const found = await cluster((sentence) => warnings.push(sentence));
    const examination = { kube: found.kube, clock, version: pluginVersion, warnings };
    // It loads the reader of certificates.
    const { examine } = await import("../doctor/installation.ts");
    if (!counters && url === undefined) return tellFindings(terminal, await examine(examination));
    // It loads the HTTP client.
    const { prometheusFor } = await import("../reading/prometheus.ts");
    const prometheus = prometheusFor(found, url);
    return tellFindings(terminal, await examine({ ...examination, prometheus }));
  },
});
