import type { Service } from "../../kube/core/services.ts";
import type { Plural, Write } from "../../kube/core/writes.ts";
import type { Kinds, Objects } from "./objects.ts";

/** Adds what a mutating policy adds to an object that Serin has written: a label, and defaults to each Service and port. */
export function mutate(objects: Objects, write: Write): void {
  if (write.verb === "event" || write.verb === "delete") return;
  if (!("subresource" in write)) objects.put(write.kind, mutated(objects.get(write.kind, write.name)));
}

function mutated<K extends Plural>(object: Kinds[K]): Kinds[K] {
  const labels = { ...object.metadata.labels, "policy.test/seen": "yes" };
  const spec = "ports" in object.spec ? withDefaults(object.spec as Service["spec"]) : object.spec;
  const mutant: unknown = { ...object, metadata: { ...object.metadata, labels }, spec };
  return mutant as Kinds[K];
}

function withDefaults({ ports = [], ...spec }: Service["spec"]): Service["spec"] {
  return {
    internalTrafficPolicy: "Cluster",
    ...spec,
    ports: ports.map((port) => ({ appProtocol: "http", ...port })),
  };
}
