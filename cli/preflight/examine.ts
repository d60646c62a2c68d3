import type { Prometheus } from "../../evidence/prometheus.ts";
import { isForbidden, isNotFound } from "../../kube/client/errors.ts";
import { listReplicaSets } from "../../kube/client/replica-sets.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import { deployments, horizontalPodAutoscalers } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { ProviderError } from "../../providers/provider.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { pastSources } from "../../rollout/replay/past-sources.ts";
import type { Autoscaler } from "../../rollout/workload/autoscalers.ts";
import { findByTemplate, hashOf } from "../../rollout/workload/template.ts";
import type { Cluster } from "../frame/cluster.ts";
import type { Finding } from "../lint/finding.ts";
import type { Manifest } from "../lint/manifests.ts";
import { readSurroundings, type Surroundings } from "../reading/surroundings.ts";
import { ask } from "./dry-run.ts";
import { aboutAdmission, aboutTraffic, peakPods, plannedIn } from "./findings.ts";
import { aboutBuckets, aboutMetrics, aboutRate, LEAST_RPS } from "./metrics-findings.ts";
import { aboutNotices } from "./notices.ts";
import { isAnotherTemplate, optedIn, patchOfImage, patchOfManifest } from "./patch.ts";
import { aboutPodsEnd } from "./pods-end.ts";
import { readTraffic } from "./present-traffic.ts";
import { aboutRoom, type Quota } from "./room.ts";
import { aboutAutoscalers, aboutHooks, aboutRoutes } from "./surrounding-findings.ts";
import { aboutTemplates } from "./templates.ts";

const quotas = { group: "", version: "v1", plural: "resourcequotas" };

/** Which other version of which Deployment, and the means to ask about it. */
export interface VersionQuestion {
  readonly cluster: Pick<Cluster, "kube" | "namespace">;
  readonly clock: Clock;
  readonly name: string;
  /** The other version; `undefined`: `image`, or another template with the same image. */
  readonly manifest: Manifest | undefined;
  readonly image: string | undefined;
  /** Requests a second; `undefined`: as many as the gateways have counted lately. */
  readonly rps: number | undefined;
  /** Where the connection collects the API server's warnings. */
  readonly warnings: readonly string[];
  readonly prometheus: (provider: string | undefined) => Prometheus;
}

/** Examines what the version would meet. What the reader may not see is a warning; throws every other error. */
export async function examineUpdate(question: VersionQuestion): Promise<readonly Finding[]> {
  const { cluster, clock, name, manifest, image, warnings } = question;
  const { kube, namespace } = cluster;
  const where = { namespace, name };
  const present = await kube.get<Deployment>(deployments, where).catch((error: unknown) => {
    if (manifest === undefined || !isNotFound(error)) throw error;
    return undefined;
  });
  if (present === undefined) {
    const says = `deployment/${name} does not exist yet: its first version starts natively, without a canary`;
    return [{ kind: "good", where: "admission", says }];
  }
  const now = new Date(clock.now()).toISOString();
  const patch = manifest === undefined ? patchOfImage(present, image, now) : patchOfManifest(manifest);
  const dryRun = await ask({ kube }, where, optedIn(patch, present), warnings);
  if (!("object" in dryRun)) return aboutAdmission(dryRun);
  const { object } = dryRun;
  if (!isAnotherTemplate(object, present)) {
    const says = "the template stays the same, so no rollout begins";
    return [{ kind: "good", where: "admission", says }];
  }
  const plan = plannedIn(object);
  if (plan === undefined) return aboutAdmission(dryRun);
  const around = await readSurroundings(cluster, object, plan).catch((error: unknown) => {
    if (!isForbidden(error)) throw error;
    return messageOf(error);
  });
  const isSeen = typeof around !== "string";
  const [room, metrics, templates, autoscalers, notices] = await Promise.all([
    looked("room", async () => {
      const { items } = await kube.list<Quota>(quotas, { namespace });
      return aboutRoom(object, peakPods(object, plan), items);
    }),
    isSeen
      ? looked("metrics", () => metricsOf(question, present, plan, around))
      : [unchecked("metrics", "the routes say which series count the Services")],
    looked("metric templates", () => aboutTemplates(cluster, clock, plan.checks)),
    looked("autoscalers", async () => {
      const { items } = await kube.list<Autoscaler>(horizontalPodAutoscalers, { namespace });
      return aboutAutoscalers(name, items);
    }),
    looked("notices", () => aboutNotices(cluster, plan.notify, now)),
  ]);
  const isAsked = metrics.some(({ where }) => where === "estimate") || question.rps === undefined;
  return [
    ...aboutAdmission(dryRun),
    ...room,
    ...(isSeen ? aboutRoutes(around) : [unchecked("gateway", around)]),
    ...metrics,
    ...templates,
    ...(isAsked ? [] : aboutTraffic(plan, question.rps ?? 0)),
    aboutPodsEnd(object, isSeen ? around.routes : []),
    ...autoscalers,
    ...aboutHooks(plan),
    ...notices,
  ];
}

/** What the gateways have counted of the present version, and what follows for the plan. */
async function metricsOf(
  { cluster: { kube }, clock, rps, prometheus }: VersionQuestion,
  present: Deployment,
  plan: Plan,
  { isolated, routes }: Surroundings,
): Promise<readonly Finding[]> {
  const isCounted = plan.compare !== "off" || plan.checks.some(({ metric }) => metric !== "template");
  if (!isCounted || (routes.length === 0 && plan.metrics !== "application")) return [];
  const judged = findByTemplate(await listReplicaSets(kube, present), present.spec.template);
  if (judged === undefined) return [];
  const run = { stable: hashOf(judged) };
  const sources = pastSources({ deployment: present, plan, judged, run, services: isolated, routes });
  const means = { prometheus: prometheus(plan.prometheus), clock };
  const measured = await readTraffic(means, present.metadata.uid ?? "", sources, plan.compare);
  const rate = rps ?? measured.rps;
  return [
    ...aboutMetrics(measured, plan),
    ...aboutBuckets(measured, plan),
    aboutRate(measured),
    ...(rate < LEAST_RPS ? [] : aboutTraffic(plan, rate, measured)),
  ];
}

async function looked(where: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (!isForbidden(error) && !(error instanceof ProviderError)) throw error;
    return [unchecked(where, messageOf(error))];
  }
}

function unchecked(where: string, why: string): Finding {
  return { kind: "warning", where, says: `not checked: ${why}` };
}
