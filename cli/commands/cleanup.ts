import { optional, seconds, toggle } from "../../flags/flag.ts";
import { cleanUp } from "../cleanup/cleanup.ts";
import { defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";
import { stopSerin } from "../stop.ts";

/** Brings every object back to what its owner wrote, for a removal of Serin. */
export const cleanupCommand = defineCommand({
  name: "cleanup",
  group: "Installation",
  about: "Restores every route, Deployment and Service that is in flight, without losing a request.",
  more: "Of all namespaces, for the time after Serin's removal. May be repeated.",
  flags: {
    configuration: optional({
      argument: "name",
      about: "The MutatingWebhookConfiguration to delete first, so that no rollout begins meanwhile.",
      usualText: "",
    }),
    controller: optional({
      argument: "namespace/name",
      about:
        "The controller's Deployment to scale to zero first, so that it moves no rollout meanwhile: serin-system/serin-controller.",
      usualText: "",
    }),
    managed: toggle({
      about:
        "Stop nothing unless helm or Argo CD manages the controller's Deployment. The chart's Job before helm uninstall sets this.",
    }),
    "patience-seconds": seconds({ about: "How long each Deployment's pods may take to come back." }, 300),
  },
  async run({ flags, terminal, clock, cluster }) {
    const { kube } = await cluster();
    const { configuration, controller, managed } = flags;
    const common = { kube, clock, say: terminal.say, patienceMs: flags["patience-seconds"] * 1000 };
    await stopSerin({ ...common, configuration, controller, managed });
    await cleanUp(common);
    return exitCode.done;
  },
});
