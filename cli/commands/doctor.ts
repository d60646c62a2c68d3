import { toggle } from "../../flags/flag.ts";
import { defineCommand } from "../frame/command.ts";
import { prometheusUrl } from "../frame/kubectl-flags.ts";
import { tellFindings } from "../lint/finding.ts";
import { pluginVersion } from "./version.ts";

/** Examines the installation of Serin. */
export const doctorCommand = defineCommand({
  name: "doctor",
  group: "Installation",
  about:
    "Examines the installation: webhook, programs, leader, Prometheus, gateways, receivers of notices. Each finding names its fix.",
  more: "It reads the cluster and asks the webhook by a dry run; nothing is stored. What you may not read is a warning. The exit code is 3 if something is broken.",
  flags: {
    counters: toggle({ about: "Also asks Prometheus whether it has the request counters of the gateways." }),
    prometheus: prometheusUrl,
  },
  examples: [
    ["doctor", "After an installation, or if rollouts do not move"],
    ["doctor --counters", "Before the first canary behind a gateway"],
  ],
  async run({ flags, terminal, clock, cluster }) {
    const { counters, prometheus: url } = flags;
    const warnings: string[] = [];
    const found = await cluster((sentence) => warnings.push(sentence));
    const examination = { kube: found.kube, now: clock.now(), version: pluginVersion, warnings };
    // It loads the reader of certificates.
    const { examine } = await import("../doctor/installation.ts");
    if (!counters && url === undefined) return tellFindings(terminal, await examine(examination));
    // It loads the HTTP client.
    const { prometheusFor } = await import("../reading/prometheus.ts");
    const prometheus = prometheusFor(found, url);
    return tellFindings(terminal, await examine({ ...examination, prometheus }));
  },
});
