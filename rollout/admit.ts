import { type Answer, admitted, admittedNatively, denied, withWarnings } from "./answer.ts";
import { admitNewTemplate, type Reads } from "./change.ts";
import { keptWarning, type Outlined, outline, type Places, planWith, withDefaults } from "./defaults.ts";
import { equal } from "./equal.ts";
import {
  type Held,
  heldOf,
  isHeld,
  originalsOf,
  pause,
  release,
  updateOriginals,
  withHeld,
  withRoom,
} from "./hold.ts";
import { CHANGED, FLIGHT, HELD, RUN } from "./keys.ts";
import type { Deployment, DeploymentSpec, Meta, Strategy } from "./objects.ts";
import { formatComplaints, isOptedIn, type Plan, parsePlan } from "./plan.ts";
import { heldBack } from "./refusal.ts";
import { sameTemplate } from "./template.ts";
import { applyVerbs } from "./verbs.ts";

const OPT_IN = "serin.dev/rollout";
const BARE = { [OPT_IN]: "canary" };
const NO_PLAN = parsePlan(BARE) as { plan: Plan };

/**
 * A Deployment's creation: the plan must be right; what a dump of a Deployment in flight brings along is dropped.
 * `places` are read when the request says more than the opt-in.
 */
export function admitCreate(requested: Deployment, places?: Places): Answer {
  const { parsed, warnings } = outlineOf(requested, undefined, places);
  const optedIn = isOptedIn(requested.metadata.annotations);
  if (optedIn && "complaints" in parsed) return denied(formatComplaints(parsed.complaints));
  return admitted(cleanse(requested, undefined), warnings);
}

/** Whether an update changes the version, so that admission has to look around before it can answer. */
export function changesTemplate(requested: Deployment, old: Deployment): boolean {
  return !sameTemplate(requested.spec.template, old.spec.template);
}

/**
 * A Deployment's update. `reads` is what the cluster has beside it, needed when the template changes only.
 * `now` is RFC 3339. `places` are read when the template or the plan changes; otherwise a flight's own defaults hold.
 */
export function admitUpdate(
  requested: Deployment,
  old: Deployment,
  reads: Reads | undefined,
  now: string,
  places?: Places,
): Answer {
  const held = heldOf(old);
  const object = cleanse(requested, old);
  const { parsed, layers, warnings } = outlineOf(object, held, places);
  const optedIn = isOptedIn(object.metadata.annotations);
  if (reads !== undefined) {
    const plan = "plan" in parsed ? parsed.plan : undefined;
    const complaint = "complaints" in parsed ? formatComplaints(parsed.complaints) : undefined;
    const change = { object, old, held, plan: optedIn ? plan : undefined, complaint, layers, reads, now };
    return withWarnings(admitNewTemplate(change), optedIn ? warnings : []);
  }
  if (!optedIn) return admitOptOut(object, old, held);
  if ("complaints" in parsed) return denied(formatComplaints(parsed.complaints));
  const asked = applyVerbs(object, held, parsed.plan, old, now, carriedHold(requested));
  if ("allowed" in asked) return asked;
  const told = [...asked.warnings, ...warnings];
  if (asked.held === undefined) return admitted(asked.object, told);
  if (asked.held.started === held?.started) {
    return admitted(keep(asked.object, old, asked.held), [...told, ...keptWarning(object, old)]);
  }
  // A retry is another rollout: it begins with the defaults of now.
  return admitted(keep(asked.object, old, withDefaults(asked.held, layers)), told);
}

/** The plan of a Deployment in flight; one whose annotations went with an undo gets the defaults. */
export function planOf(deployment: Deployment): Plan {
  const { metadata } = deployment;
  const layers = heldOf(deployment)?.defaults;
  const [parsed] = [metadata.annotations ?? {}, BARE]
    .map((own) => planWith(own, layers))
    .filter((each) => "plan" in each);
  return parsed?.plan ?? NO_PLAN.plan;
}

/** The plan with the defaults of now where they were read, else with those that a rollout began with. */
function outlineOf({ metadata }: Deployment, held: Held | undefined, places: Places | undefined): Outlined {
  const own = metadata.annotations ?? {};
  if (places !== undefined) return outline(own, places);
  const layers = held?.defaults ?? [];
  return { parsed: planWith(own, layers), layers, warnings: [] };
}

function admitOptOut(object: Deployment, old: Deployment, held: Held | undefined): Answer {
  if (held === undefined) return admittedNatively(object, old);
  // An undo has replaced the annotations: the opt-in went with them, and what is in flight ends by itself.
  if (!isOptedIn(old.metadata.annotations)) return admitted(keep(object, old, held));
  return denied(heldBack(held));
}

/** A rollout in flight stays as it is; values of held fields that somebody wants otherwise become the originals. */
function keep(object: Deployment, old: Deployment, held: Held): Deployment {
  if (held.phase === "promoting" || held.phase === "undone") return withHeld(object, held, old);
  const strategy = object.spec.paused ? roomyStrategy(old) : old.spec.strategy;
  // Our own answer, when we are asked again about it, is no word of the user's.
  const isOurs = equal(object.spec.strategy, strategy);
  const said = isOurs ? { ...object.spec, strategy: old.spec.strategy } : object.spec;
  const { paused: before, ...fieldsNow } = updateOriginals(held.originals, old.spec, said as DeploymentSpec);
  // The latch's own pause was taken off with the record: what is left is the user's, and a resume is his, too.
  const paused = held.latched || before ? object.spec.paused : undefined;
  const originals = { ...fieldsNow, ...(paused ? { paused } : {}) };
  const { minReadySeconds, progressDeadlineSeconds } = old.spec;
  const fields = { minReadySeconds, progressDeadlineSeconds, strategy } as Partial<Deployment["spec"]>;
  const spec = { ...object.spec, ...fields };
  return withHeld({ ...object, spec: held.latched ? pause(spec, true) : spec }, { ...held, originals }, old);
}

/** Who pauses may come just when the surge was lowered and the canary, which shrinks after it, has not. */
function roomyStrategy({ spec, status }: Deployment): Strategy | undefined {
  const { maxSurge, ...rest } = spec.strategy?.rollingUpdate ?? {};
  if (maxSurge === undefined) return spec.strategy;
  const surge = withRoom(maxSurge, spec.replicas ?? 1, status?.updatedReplicas ?? 0);
  return { ...spec.strategy, rollingUpdate: { ...rest, maxSurge: surge } };
}

/**
 * The request without what is ours: reserved keys come from the stored object, never from a request (undo copies a
 * ReplicaSet's, a dump in flight carries them), and a hold that comes with such a record is taken off again. That makes
 * a second call for the same request (reinvocation) harmless, too.
 */
function cleanse(requested: Deployment, old: Deployment | undefined): Deployment {
  const carried = carriedHold(requested);
  const stored = old && heldOf(old);
  // The stored record again is an echo, and its fields are told by comparing; an older one is a ReplicaSet's copy.
  const echoed = requested.metadata.annotations?.[HELD] === old?.metadata.annotations?.[HELD];
  const speaks =
    carried !== undefined && (stored === undefined || (!echoed && carried.started >= stored.started));
  let spec = requested.spec;
  if (speaks && isHeld(spec)) spec = release(spec, carried.originals);
  if (carried?.latched && spec.paused) spec = pause(spec, carried.originals.paused);
  return { ...requested, metadata: cleanMeta(requested.metadata, old?.metadata), spec };
}

/** The record that a request brings along, with no more in it than is ours. */
function carriedHold(requested: Deployment): Held | undefined {
  try {
    const carried = heldOf(requested);
    return carried ? { ...carried, originals: originalsOf(carried.originals as DeploymentSpec) } : undefined;
  } catch {
    // Not ours, whatever it is: it is dropped with the key.
    return undefined;
  }
}

function cleanMeta(requested: Meta, old: Meta | undefined): Meta {
  const annotations = take(requested.annotations, old?.annotations, [HELD, RUN, CHANGED]);
  const labels = take(requested.labels, old?.labels, [FLIGHT]);
  const { annotations: _a, labels: _l, ...rest } = requested;
  return { ...rest, ...(labels && { labels }), ...(annotations && { annotations }) } as Meta;
}

/** `wanted` with these keys as they are stored. An empty map stays what it was: present or absent. */
function take(
  wanted: Record<string, string> | undefined,
  stored: Record<string, string> | undefined,
  keys: readonly string[],
): Record<string, string> | undefined {
  const own = Object.entries(wanted ?? {}).filter(([key]) => !keys.includes(key));
  const ours = Object.entries(stored ?? {}).filter(([key]) => keys.includes(key));
  return wanted === undefined && ours.length === 0 ? undefined : Object.fromEntries([...own, ...ours]);
}
