import { type Flag, optional, repeatable } from "../../flags/flag.ts";
import type { Cluster } from "../frame/cluster.ts";
import { defineCommand } from "../frame/command.ts";
import { UsageError } from "../frame/failure.ts";
import { prometheusUrl } from "../frame/kubectl-flags.ts";
import { deploymentNames } from "../frame/names.ts";
import { tellFindings } from "../lint/finding.ts";
import { readSources } from "../lint/read-files.ts";
import { deploymentIn } from "../preflight/patch.ts";

const rate: Flag<number | undefined> = {
  argument: "number",
  about: "Requests a second of both versions together, for estimates of time and cost.",
  usual: undefined,
  usualText: "the rate of the last half hour",
  read: (given) => (Number(given) > 0 && Number(given) < 1e9 ? Number(given) : undefined),
  use: "use a number above 0",
};

/** What another version would meet. */
export const preflightCommand = defineCommand({
  name: "preflight",
  group: "Before a rollout",
  about: "Says what another version would meet: a server-side dry run, and checks.",
  more:
    "The API server and Serin's webhook answer as they would to the update, and nothing is stored. A Deployment that is not " +
    "opted in is asked about as if it were. The checks look at quotas, routes, metrics, metric templates, the end of pods, autoscalers and receivers of notices; " +
    "what you may not read is a warning. The exit code is 3 if the version would be refused or cannot run.",
  arguments: {
    name: "NAME",
    about: "The Deployment; with -f the only one of the file.",
    count: "any",
    complete: "deployments",
  },
  flags: {
    filename: repeatable({
      short: "f",
      argument: "file",
      complete: "files",
      about:
        "A file with the other version, a folder, or - for the standard input. Preflight does not see removed fields. May be repeated.",
    }),
    image: optional({
      argument: "container=image",
      about: "The image of the other version.",
      usualText: "another version of the same image",
    }),
    rps: rate,
    prometheus: prometheusUrl,
  },
  examples: [
    ["preflight web --image app=shop/web:2", "Before kubectl set image deployment/web app=shop/web:2"],
    ["preflight -f web.yaml --rps 200", "Before kubectl apply -f web.yaml, at 200 requests a second"],
  ],
  async run({ args, flags, terminal, clock, cluster }) {
    const [name, ...others] = deploymentNames(args);
    const { filename: files, image, rps, prometheus: url } = flags;
    if (others.length > 0) throw new UsageError("preflight takes one NAME");
    if (name === undefined && files.length === 0) throw new UsageError("preflight needs a NAME or -f FILE");
    if (files.length > 0 && image !== undefined) throw new UsageError("use one of -f and --image");
    const manifest =
      files.length === 0 ? undefined : deploymentIn(await readSources(files, terminal.input), name);
    const warnings: string[] = [];
    const found: Cluster = await cluster((sentence) => warnings.push(sentence));
    // They load the HTTP client.
    const { prometheusFor } = await import("../reading/prometheus.ts");
    const { examineUpdate } = await import("../preflight/examine.ts");
    const findings = await examineUpdate({
      cluster: found,
      clock,
      name: manifest?.name ?? name ?? "",
      manifest,
      image,
      rps,
      warnings,
      prometheus: (provider) => prometheusFor(found, url, provider),
    });
    return tellFindings(terminal, findings);
  },
});
