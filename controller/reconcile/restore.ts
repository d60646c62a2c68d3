import type { Write } from "../../kube/core/writes.ts";
import { type Failure, performAll, type ReconcilerOptions } from "./perform.ts";

export type RestoreOptions = Omit<
  ReconcilerOptions,
  "evidence" | "counting" | "hooks" | "notices" | "flights"
>;

/**
 * Performs each object's writes by themselves: a policy that refuses one tenant's write must not block the others. Throws the
 * first failure after it has tried all.
 */
export async function restoreEach(
  objects: Iterable<readonly Write[]> | AsyncIterable<readonly Write[]>,
  options: RestoreOptions,
): Promise<void> {
  const failures: Failure[] = [];
  for await (const writes of objects) {
    const [first] = writes;
    if (first !== undefined && first.verb !== "event") {
      const { kind, namespace, name } = first;
      options.log.info({ kind, namespace, name }, "restore orphan");
    }
    const { failure } = await performAll(writes, undefined, options);
    if (failure !== undefined) failures.push(failure);
  }
  if (failures[0] !== undefined) throw failures[0].error;
}
