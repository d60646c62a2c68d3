import type { Deployment } from "../../kube/core/workloads.ts";
import { annotations } from "../../rollout/plan/annotations.ts";
import { isOptedIn } from "../../rollout/plan/plan.ts";
import { equal } from "../../rollout/text/equal.ts";
import { isRecord } from "../../rollout/text/parse.ts";
import { UsageError } from "../frame/failure.ts";
import type { Source } from "../lint/lint.ts";
import { type Manifest, manifestsIn } from "../lint/manifests.ts";
import { anotherTemplate } from "./dry-run.ts";

/** The Deployment of these files; with a name that one. Throws UsageError if there is none, or more than one. */
export function deploymentIn(sources: readonly Source[], name: string | undefined): Manifest {
  const read = sources.map(({ name: file, text }) => manifestsIn(file, text));
  const [broken] = read.flatMap(({ findings }) => findings);
  if (broken !== undefined) throw new UsageError(`${broken.where}: ${broken.says}`);
  const found = read
    .flatMap(({ manifests }) => manifests)
    .filter(({ kind, name: own }) => kind === "Deployment" && (name === undefined || own === name));
  const [first, ...others] = found;
  const which = name === undefined ? "a Deployment" : `deployment/${name}`;
  if (first === undefined)
    throw new UsageError(`-f: ${which} is not in ${sources.map((one) => one.name).join(", ")}`);
  if (others.length > 0)
    throw new UsageError(`-f: name one of the Deployments ${found.map((one) => one.name).join(", ")}`);
  return first;
}

/** What a manifest adds to the Deployment or changes in it; a strategic merge patch removes nothing. */
export function patchOfManifest({ labels, annotations: own, object }: Manifest): object {
  const spec = isRecord(object.spec) ? object.spec : {};
  return { metadata: { labels, annotations: own }, spec };
}

/** Another template: with this image, or with a mark that no manifest has. Throws UsageError for an unknown container. */
export function patchOfImage({ spec }: Deployment, given: string | undefined, now: string): object {
  if (given === undefined) return anotherTemplate(now);
  const [container = "", image = ""] = given.split(/=(.*)/s);
  const names = (spec.template.spec?.containers ?? []).map(({ name }) => name);
  if (image === "" || !names.includes(container))
    throw new UsageError(
      `--image: ${JSON.stringify(given)} names no container: use CONTAINER=IMAGE with one of ${names.join(", ")}`,
    );
  return { spec: { template: { spec: { containers: [{ name: container, image }] } } } };
}

/** The patch with the opt-in in addition, if neither it nor the Deployment has one. */
export function optedIn(patch: object, { metadata }: Deployment): object {
  const { metadata: own } = patch as { metadata?: { annotations?: Record<string, string> } };
  if (isOptedIn(metadata.annotations) || isOptedIn(own?.annotations)) return patch;
  const added = { ...own?.annotations, [annotations.strategy.key]: "canary" };
  return { ...patch, metadata: { ...own, annotations: added } };
}

/** Whether the answer has another template than the Deployment now. */
export function isAnotherTemplate(answer: Deployment, { spec }: Deployment): boolean {
  return !equal(answer.spec.template, spec.template);
}
