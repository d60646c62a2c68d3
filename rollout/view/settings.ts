import type { Deployment } from "../../kube/core/workloads.ts";
import { type Annotation, PREFIX } from "../plan/annotation.ts";
import { annotations } from "../plan/annotations.ts";
import { orders } from "../plan/orders.ts";
import { holdRecordOf } from "../workload/hold-record.ts";

/** One value of a plan, and who gave it. */
export interface Setting {
  /** The annotation without its prefix. */
  readonly name: string;
  /** As it was written; "" if the setting is off. */
  readonly value: string;
  /** `deployment`, `profile slow`, `namespace shop` or `default`. */
  readonly from: string;
}

const orderKeys: readonly string[] = Object.values(orders).map(({ key }) => key);
const rows: readonly Annotation<unknown>[] = Object.values(annotations).filter(
  ({ key }) => !orderKeys.includes(key),
);

/** The settings of a Deployment whose rollout is in flight (or would be, by a dry run), each with its origin. */
export function settingsInForce(deployment: Deployment): readonly Setting[] {
  const own = deployment.metadata.annotations ?? {};
  const layers = holdRecordOf(deployment)?.defaults ?? [];
  return rows.map((row) => {
    const name = row.key.slice(PREFIX.length);
    const written = own[row.key];
    if (written !== undefined) return { name, value: written, from: "deployment" };
    const layer = layers.find(({ values }) => Object.hasOwn(values, name));
    if (layer !== undefined)
      return { name, value: layer.values[name] ?? "", from: `${layer.from} ${layer.name}` };
    const usual = row.default ?? (typeof row.absent === "string" ? row.absent : "");
    return { name, value: usual, from: "default" };
  });
}
