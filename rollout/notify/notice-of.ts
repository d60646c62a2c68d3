import type { Notice } from "../notice/notice.ts";
import type { Moment } from "../plan/notify.ts";
import { undoFailed } from "../stages/after-failure.ts";
import { orderCommand } from "../stages/commands.ts";
import { isStableLost, type Snapshot } from "../stages/snapshot.ts";
import { instant } from "../text/instant.ts";
import { pastEvidence } from "../view/evidence-view.ts";
import { imagesOf } from "../view/parts.ts";
import type { EvidenceView, RolloutView } from "../view/view.ts";
import { inFlight } from "../view/view-of.ts";
import { revisionOf } from "../workload/revision.ts";
import { hashOf } from "../workload/template.ts";
import type { NotifyConfiguration } from "./configuration.ts";
import type { DueMoment } from "./due.ts";
import { linksOf } from "./links.ts";

const severities: Readonly<Record<Moment, Notice["severity"]>> = {
  started: "info",
  waiting: "warning",
  stuck: "warning",
  "rolled-back": "error",
  promoted: "info",
  undone: "info",
  superseded: "info",
};
const MOST_IMAGES = 10;

/** What the receivers hear of a moment: the rollout's description, with the administrator's name of the cluster and links. */
export function noticeOf(
  snapshot: Snapshot,
  due: DueMoment,
  { cluster, links }: Pick<NotifyConfiguration, "cluster" | "links">,
): Notice {
  const { namespace = "", name } = snapshot.deployment.metadata;
  const view = inFlight(snapshot);
  const { moment, record, started } = due;
  const isPresent = started === snapshot.held.started;
  const revision = (record && revisionOf(record.set)) ?? (isPresent ? view.revision : "");
  const evidence = (record && pastEvidence(record.run)) ?? (isPresent ? view.evidence : undefined);
  const images =
    record === undefined ? view.images : imagesOf(snapshot.stable?.spec.template, record.set.spec.template);
  const weight = record?.run.course?.at(-1)?.weight ?? (isPresent ? view.traffic.canary : undefined);
  const by = (isPresent ? view.requests : record?.run.requests)?.at(-1)?.user;
  const step = record === undefined ? view.step : record.run.step + 1;
  return {
    id: due.id,
    moment,
    severity: severities[moment],
    ...(cluster !== undefined && { cluster }),
    namespace,
    name,
    uid: snapshot.uid,
    revision,
    version: record === undefined ? snapshot.canaryHash : hashOf(record.set),
    strategy: snapshot.plan.strategy,
    images: images.slice(0, MOST_IMAGES).map(({ container, stable, canary }) => ({
      container,
      ...(stable !== undefined && { from: stable }),
      ...(canary !== undefined && { to: canary }),
    })),
    ...(step !== undefined && { step: Math.min(step, view.steps.length) }),
    steps: view.steps.length,
    ...(weight !== undefined && { weight }),
    says: due.says,
    facts: [...imageFacts(images), ...evidenceFacts(evidence)],
    ...(by !== undefined && { by }),
    commands: [...commandsOf(snapshot, moment, view.waits?.command)],
    links: linksOf(links, { namespace, name, revision, moment }),
    at:
      record?.run.ended !== undefined && moment === "rolled-back" ? record.run.ended : instant(snapshot.now),
    started,
    ...(record?.run.ended !== undefined && { ended: record.run.ended }),
  };
}

function imageFacts(images: RolloutView["images"]): Notice["facts"] {
  const changed = images.filter(({ stable, canary }) => stable !== canary);
  return changed.slice(0, MOST_IMAGES).map(({ container, stable = "none", canary = "none" }) => ({
    name: `image of ${container}`,
    value: `${stable} → ${canary}`,
  }));
}

function evidenceFacts(evidence: EvidenceView | undefined): Notice["facts"] {
  if (evidence === undefined) return [];
  const { requests, failed, harm, safe } = evidence;
  const arm = (of: "canary" | "stable") => ({
    name: of,
    value: `${failed[of]} of ${requests[of]} requests failed`,
  });
  return [
    arm("canary"),
    arm("stable"),
    ...(harm === undefined
      ? []
      : [{ name: "evidence of harm", value: `${harm.odds}:1, limit ${harm.limit}:1` }]),
    ...(safe === undefined
      ? []
      : [{ name: "evidence of safety", value: `${safe.odds}:1, limit ${safe.limit}:1` }]),
  ];
}

function commandsOf(snapshot: Snapshot, moment: Moment, waits: string | undefined): readonly string[] {
  if (moment === "waiting" || moment === "stuck") return waits === undefined ? [] : [waits];
  if (moment !== "rolled-back" || snapshot.run?.outcome !== "failed") return [];
  // Without a stable version, Serin refuses every other order.
  const ways = isStableLost(snapshot)
    ? [orderCommand(snapshot, "promote")]
    : [undoFailed(snapshot), orderCommand(snapshot, "retry")];
  return ways.map((way) => `${way} -n ${snapshot.deployment.metadata.namespace}`);
}
