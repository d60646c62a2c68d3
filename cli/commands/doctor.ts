import { examine } from "../doctor/installation.ts";
import { defineCommand } from "../frame/command.ts";
import { tellFindings } from "../lint/finding.ts";
import { pluginVersion } from "./version.ts";

/** Examines the installation of Serin. */
export const doctorCommand = defineCommand({
  name: "doctor",
  group: "Installation",
  about:
    "Examines the installation: webhook, programs, leader, Prometheus, gateways. Each finding names its fix.",
  more: "It reads the cluster and asks the webhook by a dry run; nothing is stored. What you may not read is a warning. The exit code is 3 if something is broken.",
  flags: {},
  examples: [["doctor", "After an installation, or if rollouts do not move"]],
  async run({ terminal, clock, cluster }) {
    const warnings: string[] = [];
    const { kube } = await cluster((sentence) => warnings.push(sentence));
    return tellFindings(
      terminal,
      await examine({ kube, now: clock.now(), version: pluginVersion, warnings }),
    );
  },
});
