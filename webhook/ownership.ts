import type { KubeObject } from "../kube/core/meta.ts";
import { entryToDisown } from "../kube/runtime/apply.ts";
import type { Admit } from "./server.ts";

const FIELD_MANAGER = "serin";

/**
 * Answers Serin's own updates of what somebody applies server-side: our entry in managedFields goes before the write is
 * stored, so that there is no moment in which his next apply would conflict with us.
 */
export const admitOwnWrites: Admit<KubeObject> = async ({ object }) => {
  const own = entryToDisown(object.metadata, FIELD_MANAGER);
  if (own === undefined) return { allowed: true };
  const managedFields = (object.metadata.managedFields ?? []).toSpliced(own, 1);
  return { allowed: true, object: { ...object, metadata: { ...object.metadata, managedFields } } };
};
