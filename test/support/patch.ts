import type { Write } from "../../kube/core/writes.ts";

/** The object after the API server has stored a merge patch of Serin's (RFC 7386); its resourceVersion stays. */
export function merged<T>(object: T, write: Write): T {
  if (write.verb !== "merge") throw new Error(`a ${write.verb} is not a merge patch`);
  return merge(object, write.body) as T;
}

/** Applies a JSON merge patch. */
export function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = typeof target === "object" && target !== null ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merge(result[name], value);
  }
  return result;
}
