import { isConflict, isNotFound } from "../../kube/client/errors.ts";
import type { LiveWrite } from "../../migrate/live/step.ts";
import type { LivePlace } from "./reading.ts";

/**
 * Writes in order, or lets the API server answer without storing anything. An object that changed or is gone ends the writes
 * without an error: the caller reads again and decides anew. Throws every other error.
 */
export async function takeStep(
  writes: readonly LiveWrite[],
  { kube, namespace }: LivePlace,
  dryRun = false,
): Promise<void> {
  for (const write of writes) {
    const where = { namespace, name: write.name, dryRun };
    try {
      if (write.verb === "patch") await kube.jsonPatch(write.resource, where, write.patch);
      else if (!dryRun)
        await kube.delete(write.resource, where, { uid: write.uid, orphan: write.orphan ?? false });
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
      return;
    }
  }
}
