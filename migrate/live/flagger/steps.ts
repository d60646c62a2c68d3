import type { LiveStep } from "../step.ts";
import { drainPrimary, release, remove } from "./end-steps.ts";
import type { FlaggerSeen } from "./seen.ts";
import { add, move, only, select, shift } from "./traffic-steps.ts";
import { annotate, scale, suspend } from "./workload-steps.ts";

/**
 * From Flagger to Serin on the Gateway API without a lost request. Traffic moves between pods of the same version; each move is one
 * patch, and the next one waits until it is in force.
 */
export const flaggerSteps: readonly LiveStep<FlaggerSeen>[] = [
  suspend,
  scale,
  shift,
  select,
  add,
  move,
  only,
  annotate,
  release,
  drainPrimary,
  remove,
];
