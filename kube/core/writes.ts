import type { Meta } from "./meta.ts";
import type { Route } from "./routes.ts";
import type { Service } from "./services.ts";
import type { Deployment } from "./workloads.ts";

/** The kinds of objects that Serin writes, by their plural. */
export type Plural = "deployments" | "replicasets" | "services" | RoutePlural;

type RoutePlural = "httproutes" | "grpcroutes";

export interface Target {
  readonly kind: Plural;
  readonly namespace: string;
  readonly name: string;
}

/** One write to the API server, as data. It touches only Serin's own fields, and the controller may repeat it. */
export type Write =
  | ({ readonly verb: "create"; readonly body: Service } & Target)
  | ({
      readonly verb: "merge";
      readonly subresource?: "scale";
      readonly body: object;
      /** If the API server refuses this write, those after it go out nevertheless. */
      readonly mayFail?: true;
    } & Target)
  | ({ readonly verb: "strategic"; readonly subresource: "status"; readonly body: object } & Target)
  | ({ readonly verb: "json"; readonly body: readonly JsonPatchOperation[] } & Target)
  | ({
      readonly verb: "delete";
      readonly uid: string | undefined;
      readonly resourceVersion: string | undefined;
    } & Target)
  | {
      readonly verb: "event";
      readonly regarding: Deployment;
      readonly type: "Normal" | "Warning";
      readonly reason: string;
      readonly message: string;
      /** The rollout that it reports, if there is one. An earlier controller may have recorded the Event already. */
      readonly once?: string | undefined;
      /** The API server gets no such object, because a later Event tells the same: only hooks and the log hear of it. */
      readonly unrecorded?: true;
    };

/** The collection in which a route lives. */
export function pluralOf({ kind }: Pick<Route, "kind">): RoutePlural {
  return kind === "GRPCRoute" ? "grpcroutes" : "httproutes";
}

/** Whether the plural is that of a kind of routes. */
export function isRoutePlural(plural: string): plural is RoutePlural {
  return plural === "httproutes" || plural === "grpcroutes";
}

/**
 * Whether a write goes out although one before it failed. If one route's owner refuses a write, the canary must still lose its
 * weight on the routes of others. `passes`: the failed write was not refused, but its object has changed since the decision.
 */
export function goesOutAfter(write: Write, failed: Write, passes: boolean): boolean {
  const isRoute = (one: Write) => one.verb !== "event" && isRoutePlural(one.kind);
  if (isRoute(failed)) return isRoute(write);
  return failed.verb === "merge" && failed.mayFail === true && !passes;
}

/** A merge patch of the object as it was read: after another write, the API server refuses it by a conflict. */
export function guardedMerge(
  kind: Plural,
  object: { metadata: Meta },
  { metadata, ...body }: { metadata?: object; spec?: object },
) {
  const { resourceVersion } = object.metadata;
  const guarded = { ...body, metadata: { ...metadata, resourceVersion } };
  return { verb: "merge", ...target(kind, object), body: guarded } satisfies Write;
}

export function target(kind: Plural, object: { metadata: Meta }): Target {
  return { kind, namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}

/** One operation of RFC 6902. */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/** A JSON patch: applied whole or not at all. */
export type JsonPatch = readonly JsonPatchOperation[];
