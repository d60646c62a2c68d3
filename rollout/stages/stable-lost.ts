import { conditionOf } from "../../kube/core/meta.ts";
import type { Write } from "../../kube/core/writes.ts";
import { CONDITION } from "../keys.ts";
import { instant } from "../text/instant.ts";
import { restoredFields } from "../workload/hold.ts";
import { askedBy, keptRequests } from "../workload/requests.ts";
import { canaryCondition, says, writeConditions, writeEvent, writeHoldRecord } from "../workload/writes.ts";
import { orderCommand } from "./commands.ts";
import { tellingAt } from "./condition.ts";
import { type Decision, firstOf, unlessDone } from "./decision.ts";
import { drain, removeCanaryServices, restoreRoutes } from "./drain.ts";
import { failedProgress, forgetFailure } from "./failure.ts";
import { rewrite } from "./hook-record.ts";
import { beginRecord } from "./prepare.ts";
import { decidePromotion, restoreAll } from "./promote.ts";
import type { Snapshot } from "./snapshot.ts";
import { closeRecords } from "./supersede.ts";

/**
 * Decides while the stable version is lost, most often because its ReplicaSet is gone, and no one recreates it, because the Deployment's template
 * is another one. Isolated Services select no pod then. Serin restores them at once, even to a version that it has not
 * proven or that failed: that version's pods are all that native control has, and it answers more requests than none.
 * Nothing is left to compare with or to go back to, so Serin takes its overlay away, and the user ends the rollout.
 */
export function decideStableLost(snapshot: Snapshot): Decision {
  if (snapshot.run?.outcome === "proven") return restoreAll(snapshot) ?? decidePromotion(snapshot);
  // The Services come first: at weight 0 for the canary Service, they get all requests.
  const served = [serve, drain];
  if (snapshot.held.latched) return firstOf([...served, forgetFailure, closeRecords, openNatively], snapshot);
  return firstOf([...served, restoreRoutes, removeCanaryServices, note, promote], snapshot);
}

function serve(snapshot: Snapshot): Decision | undefined {
  const writes = [...(restoreAll(snapshot)?.writes ?? []), ...reportLost(snapshot)];
  return unlessDone(writes);
}

/** A superseding version has nothing to be compared with: native control starts it as at rest. */
function openNatively({ deployment, held: before }: Snapshot): Decision {
  const { latched: _latched, asked: _asked, ...held } = before;
  const fields = { ...restoredFields(deployment.spec, held.originals), paused: held.originals.paused };
  return { writes: [writeHoldRecord(deployment, { ...held, phase: "undone", lost: true }, fields)] };
}

/** Notes the loss for admission, and ends a pause of the plan: the plan has no further step. */
function note({ deployment, held, run }: Snapshot): Decision | undefined {
  if (held.lost) return undefined;
  const { asked, ...rest } = held;
  const isFailed = run?.outcome === "failed";
  const noted = isFailed ? ({ ...rest, phase: "failed", lost: true } as const) : { ...held, lost: true };
  const pause = run?.paused ? { paused: held.originals.paused } : {};
  return { writes: [writeHoldRecord(deployment, noted, pause)] };
}

/** Carries out `serin.dev/promote`: the user decides, so neither evidence nor hooks count. */
function promote(snapshot: Snapshot): Decision {
  const { held, run, deployment } = snapshot;
  if (held.phase !== "canary" || held.asked !== "promote")
    return { writes: [], condition: sentence(snapshot) };
  const message = `promoted on request after stable ${held.stable} was lost${askedBy(held, "promote")}`;
  if (run === undefined) return { writes: beginRecord(snapshot, message) };
  const { paused: _paused, ...rest } = run;
  return {
    writes: [
      ...rewrite(snapshot, { outcome: "proven", message, ...keptRequests(held) }, rest),
      writeEvent(deployment, "Normal", "CanaryProven", message),
    ],
  };
}

/**
 * The condition and, once, the Event. A failure stays visible in the condition Progressing, which native control overwrites
 * whenever a pod becomes ready.
 */
function reportLost(snapshot: Snapshot): readonly Write[] {
  const { deployment, run, now } = snapshot;
  const conditions = deployment.status?.conditions;
  const [canary, progressing] = [CONDITION, "Progressing"].map((type) => conditionOf(conditions, type));
  const told = sentence(snapshot);
  const failure = run?.outcome === "failed" ? run.message : undefined;
  const isTold = says(canary, told.message);
  const isShown = failure === undefined || (progressing?.status === "False" && says(progressing, failure));
  if (isTold && isShown) return [];
  const at = instant(now);
  return [
    ...(canary?.reason === told.reason ? [] : [writeEvent(deployment, "Warning", told.reason, told.message)]),
    writeConditions(deployment, [
      ...(failure === undefined ? [] : [failedProgress(failure, at)]),
      canaryCondition(told, tellingAt(snapshot)),
    ]),
  ];
}

function sentence(snapshot: Snapshot) {
  return { status: "Unknown", reason: "StableLost", message: describe(snapshot) } as const;
}

/** What happened, what Serin did, and what the user can do. */
function describe(snapshot: Snapshot): string {
  const { held, stable } = snapshot;
  const lost =
    stable === undefined
      ? `the ReplicaSet of stable ${held.stable} is gone`
      : `too few pods of stable ${held.stable} are ready`;
  const happened = `${lost}, so Serin restores Services and routes, and all pods serve`;
  if (held.latched) return `${happened}; the new version starts by a native rolling update, without a canary`;
  return `${happened}. ${orderCommand(snapshot, "promote")} keeps this version; another template replaces it by a native rolling update`;
}
