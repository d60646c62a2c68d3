import type { Meta } from "../../kube/core/meta.ts";
import type { Deployment, DeploymentSpec } from "../../kube/core/workloads.ts";
import { CHANGED, FLIGHT, HELD, RUN } from "../keys.ts";
import { isHeld, pause, restoreFields, restoreLimit, withoutLeftHold } from "../workload/hold.ts";
import { type HoldRecord, holdRecordOf, originalsOf } from "../workload/hold-record.ts";

/**
 * The request without what Serin owns: reserved keys come from the stored object, never from a request (undo copies a
 * ReplicaSet's, a dump in flight carries them), and a hold that comes with such a record is taken off again. That makes
 * a second call for the same request (reinvocation) harmless, too.
 */
export function cleanse(requested: Deployment, old: Deployment | undefined): Deployment {
  const carried = carriedHold(requested);
  const stored = old && holdRecordOf(old);
  // The stored record again is an echo, and a comparison shows its fields; an older one is a ReplicaSet's copy.
  const echoed = requested.metadata.annotations?.[HELD] === old?.metadata.annotations?.[HELD];
  const speaks =
    carried !== undefined && (stored === undefined || (!echoed && carried.started >= stored.started));
  let spec = requested.spec;
  if (speaks && isHeld(spec)) spec = restoreFields(spec, carried.originals);
  else if (speaks) spec = restoreLimit(spec, carried.originals);
  // A copy whose record was stripped would wait for ever: no pod of it becomes available.
  spec = withoutLeftHold(spec, stored?.phase);
  if (carried?.latched && spec.paused) spec = pause(spec, carried.originals.paused);
  return { ...requested, metadata: cleanMeta(requested.metadata, old?.metadata), spec };
}

/** The hold record that a request carries, reduced to known fields. */
export function carriedHold(requested: Deployment): HoldRecord | undefined {
  const carried = holdRecordOf(requested);
  return carried && { ...carried, originals: originalsOf(carried.originals as DeploymentSpec) };
}

function cleanMeta(requested: Meta, old: Meta | undefined): Meta {
  const annotations = take(requested.annotations, old?.annotations, [HELD, RUN, CHANGED]);
  const labels = take(requested.labels, old?.labels, [FLIGHT]);
  const { annotations: _a, labels: _l, ...rest } = requested;
  return { ...rest, ...(labels && { labels }), ...(annotations && { annotations }) } as Meta;
}

/** `wanted` with these keys as they are stored. An absent map stays absent. */
function take(
  wanted: Record<string, string> | undefined,
  stored: Record<string, string> | undefined,
  keys: readonly string[],
): Record<string, string> | undefined {
  const own = Object.entries(wanted ?? {}).filter(([key]) => !keys.includes(key));
  const reserved = Object.entries(stored ?? {}).filter(([key]) => keys.includes(key));
  return wanted === undefined && reserved.length === 0
    ? undefined
    : Object.fromEntries([...own, ...reserved]);
}
