import type { KubeObject } from "../kube/core/meta.ts";
import { entryToDisown } from "../kube/runtime/apply.ts";
import type { Admit } from "./server.ts";

const FIELD_MANAGER = "serin";

/**
 * Answers Serin's own updates of objects that users apply server-side. It removes Serin's entry from managedFields before
 * the API server stores the write, so that at no moment a user's next apply would conflict with Serin.
 */
export const admitOwnWrites: Admit<KubeObject> = async ({ object }) => {
  const own = entryToDisown(object.metadata, FIELD_MANAGER);
  if (own === undefined) return { allowed: true };
  const managedFields = (object.metadata.managedFields ?? []).toSpliced(own, 1);
  return { allowed: true, object: { ...object, metadata: { ...object.metadata, managedFields } } };
};
