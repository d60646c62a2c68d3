import { type Flag, optional } from "../../flags/flag.ts";
import { isForbidden } from "../../kube/client/errors.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import { deployments } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { isOptedIn } from "../../rollout/plan/plan.ts";
import type { Cluster } from "../frame/cluster.ts";
import { defineCommand } from "../frame/command.ts";
import { UsageError } from "../frame/failure.ts";
import { deploymentNames } from "../frame/names.ts";
import { type Finding, tellFindings } from "../lint/finding.ts";
import { anotherTemplate, ask } from "../preflight/dry-run.ts";
import {
  aboutAdmission,
  aboutPodsEnd,
  aboutRoom,
  aboutTraffic,
  type PodQuota,
  peakPods,
} from "../preflight/findings.ts";

const quotas = { group: "", version: "v1", plural: "resourcequotas" };

interface Quota extends KubeObject {
  readonly status?: { readonly hard?: Record<string, string>; readonly used?: Record<string, string> };
}

const rate: Flag<number | undefined> = {
  argument: "number",
  about: "Requests a second of both versions together, for estimates of time and cost.",
  usual: undefined,
  usualText: "no estimates",
  read: (given) => (Number(given) > 0 && Number(given) < 1e9 ? Number(given) : undefined),
  use: "use a number above 0",
};

export const preflightCommand = defineCommand({
  name: "preflight",
  group: "Before a rollout",
  about: "Says what another version would meet: a server-side dry run, and checks.",
  more: "The API server and Serin's webhook answer as they would to the update, and nothing is stored. A Deployment that is not opted in is asked about as if it were. The exit code is 3 if the version would be refused or cannot run.",
  arguments: { name: "NAME", about: "The Deployment.", count: "one", complete: "deployments" },
  flags: {
    image: optional({
      argument: "container=image",
      about: "The image of the other version.",
      usualText: "another version of the same image",
    }),
    rps: rate,
  },
  examples: [
    [
      "preflight web --image app=shop/web:2 --rps 200",
      "Before kubectl set image deployment/web app=shop/web:2",
    ],
  ],
  async run({ args, flags, terminal, clock, cluster }) {
    const [name = ""] = deploymentNames(args);
    const warnings: string[] = [];
    const found = await cluster((sentence) => warnings.push(sentence));
    const { kube, namespace } = found;
    const present = await kube.get<Deployment>(deployments, { namespace, name });
    const patch = patchOf(present, flags.image, new Date(clock.now()).toISOString());
    const dryRun = await ask(found, { namespace, name }, patch, warnings);
    const findings: Finding[] = [...aboutAdmission(dryRun)];
    if ("object" in dryRun) {
      const more = peakPods(dryRun.object);
      if (more !== undefined) findings.push(...(await roomIn(found, more)));
      findings.push(aboutPodsEnd(dryRun.object));
      if (flags.rps !== undefined) findings.push(...aboutTraffic(dryRun.object, flags.rps));
    }
    return tellFindings(terminal, findings);
  },
});

/** Another template: with this image, or with a mark that no manifest has. */
function patchOf({ metadata, spec }: Deployment, given: string | undefined, now: string): object {
  const optIn = isOptedIn(metadata.annotations)
    ? {}
    : { metadata: { annotations: { "serin.dev/rollout": "canary" } } };
  if (given === undefined) return { ...optIn, ...anotherTemplate(now) };
  const [container = "", image = ""] = given.split(/=(.*)/s);
  const names = (spec.template.spec?.containers ?? []).map(({ name }) => name);
  if (image === "" || !names.includes(container))
    throw new UsageError(
      `--image: ${JSON.stringify(given)} names no container: use CONTAINER=IMAGE with one of ${names.join(", ")}`,
    );
  return { ...optIn, spec: { template: { spec: { containers: [{ name: container, image }] } } } };
}

async function roomIn({ kube, namespace }: Cluster, more: number): Promise<readonly Finding[]> {
  try {
    const { items } = await kube.list<Quota>(quotas, { namespace });
    const counted = items.flatMap(({ metadata, status }): PodQuota[] => {
      const [key] = ["pods", "count/pods"].filter((one) => status?.hard?.[one] !== undefined);
      if (key === undefined) return [];
      return [
        { name: metadata.name, hard: Number(status?.hard?.[key]), used: Number(status?.used?.[key] ?? 0) },
      ];
    });
    return aboutRoom(more, counted);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return [{ kind: "warning", where: "room", says: "not checked: you may not list resourcequotas" }];
  }
}
