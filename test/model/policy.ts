import type { Plural, Write } from "../../kube/core/writes.ts";
import type { Kinds, Objects } from "./objects.ts";

/** Adds what a mutating policy adds to an object that Serin has written: a label, and a default to each Service. */
export function mutate(objects: Objects, write: Write): void {
  if (write.verb === "event" || write.verb === "delete") return;
  if (!("subresource" in write)) objects.put(write.kind, mutated(objects.get(write.kind, write.name)));
}

function mutated<K extends Plural>(object: Kinds[K]): Kinds[K] {
  const labels = { ...object.metadata.labels, "policy.test/seen": "yes" };
  const isService = "ports" in object.spec;
  const defaults = isService ? { internalTrafficPolicy: "Cluster" } : {};
  const mutant: unknown = {
    ...object,
    metadata: { ...object.metadata, labels },
    spec: { ...defaults, ...object.spec },
  };
  return mutant as Kinds[K];
}
