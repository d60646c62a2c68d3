import { formatHeld, type Held, heldOf } from "./hold.ts";
import { narrow, widen } from "./isolation.ts";
import { annotationPath, CHANGED, CONDITION, FLIGHT, HELD, labelPath, RUN } from "./keys.ts";
import type { Condition, Deployment, Meta, ReplicaSet, Route, Service } from "./objects.ts";
import { type Flight, type HeldRoute, heldRouteOf, routePatch, withFlight } from "./overlay.ts";
import { formatRun, type Run } from "./run.ts";

/** The kinds of objects that Serin writes, by their plural. */
export type Kind = "deployments" | "replicasets" | "services" | RoutePlural;

type RoutePlural = "httproutes" | "grpcroutes";

/** One operation of a JSON patch (RFC 6902). */
export type Operation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

interface Target {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** One write to the API server, as data. Each touches only fields that are ours and may be repeated. */
export type Write =
  | ({ readonly verb: "create"; readonly body: Service } & Target)
  | ({ readonly verb: "merge"; readonly subresource?: "scale"; readonly body: object } & Target)
  | ({ readonly verb: "strategic"; readonly subresource: "status"; readonly body: object } & Target)
  | ({ readonly verb: "json"; readonly body: readonly Operation[] } & Target)
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
      /** The rollout of which it is told, if there is one: a controller that died may have told it already. */
      readonly once?: string | undefined;
    };

/** The Deployment's hold with another surge: the canary's size. */
export function writeSurge(deployment: Deployment, surge: string | number): Write {
  return patchHeld(deployment, [
    { op: "replace", path: "/spec/strategy/rollingUpdate/maxSurge", value: surge },
  ]);
}

/** The Deployment's `spec.paused`. */
export function writePaused(deployment: Deployment, paused: boolean): Write {
  return patchHeld(deployment, [{ op: "add", path: "/spec/paused", value: paused }]);
}

/** Fields of the Deployment's spec and its record at once; `undefined` removes a field. */
export function writeHeld(deployment: Deployment, held: Held, fields: Record<string, unknown> = {}): Write {
  const spec = deployment.spec as Record<string, unknown>;
  const operations = Object.entries(fields).flatMap(([field, value]): Operation[] => {
    if (value !== undefined) return [{ op: "add", path: `/spec/${field}`, value }];
    return spec[field] === undefined ? [] : [{ op: "remove", path: `/spec/${field}` }];
  });
  return patchHeld(deployment, [
    ...operations,
    { op: "replace", path: annotationPath(HELD), value: formatHeld(held) },
  ]);
}

/** Takes everything of the rollout off the Deployment: it is over. A changed ConfigMap may be about to start the next one. */
export function writeEnd(deployment: Deployment): Write {
  const { annotations = {} } = deployment.metadata;
  return patchHeld(deployment, [
    // Or the mark of a change that came in between would lose the label by which it is seen.
    { op: "test", path: "/metadata/annotations", value: annotations },
    { op: "remove", path: annotationPath(HELD) },
    ...(CHANGED in annotations ? [] : [{ op: "remove", path: labelPath(FLIGHT) } as const]),
  ]);
}

/**
 * Conditions of the Deployment's status; native control keeps those it does not know. Guarded by the UID alone: they decide
 * nothing, and whoever sees that they are out of date says them anew.
 */
export function writeConditions(deployment: Deployment, conditions: readonly Condition[]): Write {
  return {
    verb: "strategic",
    subresource: "status",
    ...target("deployments", deployment),
    body: { metadata: { uid: deployment.metadata.uid }, status: { conditions } },
  };
}

/** The condition `Canary` as it should stand now. */
export function canaryCondition(
  says: { status: Condition["status"]; reason: string; message: string },
  at: string,
) {
  return { type: CONDITION, ...says, lastUpdateTime: at, lastTransitionTime: at };
}

/** Marks a ReplicaSet as in flight, with the rollout's record if it is the canary's. */
export function writeMark(replicaSet: ReplicaSet, uid: string, run?: Run): Write {
  const annotations = run === undefined ? {} : { annotations: { [RUN]: formatRun(run) } };
  return patchReplicaSet(replicaSet, { labels: { [FLIGHT]: uid }, ...annotations });
}

/** Ends a ReplicaSet's flight; the record stays on it. Native control had copied the Deployment's annotations there. */
export function writeUnmark(replicaSet: ReplicaSet, run?: Run): Write {
  const record = run === undefined ? {} : { [RUN]: formatRun(run) };
  return patchReplicaSet(replicaSet, {
    labels: { [FLIGHT]: null },
    annotations: { [HELD]: null, [CHANGED]: null, ...record },
  });
}

/** The number of a ReplicaSet's pods. */
export function writeScale(replicaSet: ReplicaSet, replicas: number): Write {
  return {
    verb: "merge",
    subresource: "scale",
    ...target("replicasets", replicaSet),
    body: guarded(replicaSet, { spec: { replicas } }),
  };
}

/** Narrows a Service to the pods of one ReplicaSet. */
export function writeNarrow(service: Service, uid: string, hash: string, since: string): Write {
  return {
    verb: "merge",
    ...target("services", service),
    body: guarded(service, narrow(service, uid, hash, since)),
  };
}

/** Makes a narrowed Service its owner's again. */
export function writeWiden(service: Service): Write {
  return { verb: "merge", ...target("services", service), body: guarded(service, widen(service)) };
}

/** Creates a twin. */
export function writeTwin(twin: Service): Write {
  return { verb: "create", ...target("services", twin), body: twin };
}

/** Points an existing twin at another canary. Null takes away what the old selector had more. */
export function mendTwin(twin: Service, wanted: Service): Write {
  const { selector, ports } = wanted.spec;
  const gone = Object.keys(twin.spec.selector ?? {}).filter((key) => !(key in (selector ?? {})));
  const body = {
    spec: { selector: { ...selector, ...Object.fromEntries(gone.map((key) => [key, null])) }, ports },
  };
  return { verb: "merge", ...target("services", twin), body: guarded(twin, body) };
}

/** Deletes a twin: this one, not one of the same name that came after it, nor when it has got another canary since. */
export function deleteTwin(twin: Service): Write {
  const { uid, resourceVersion } = twin.metadata;
  return { verb: "delete", ...target("services", twin), uid, resourceVersion };
}

/** The rollout's share in a route; `undefined` takes it out. */
export function writeRoute(route: Route, uid: string, flight: Flight | undefined): Write {
  return writeFlights(route, withFlight(heldRouteOf(route)?.flights ?? {}, uid, flight));
}

/** All shares in a route; none gives it back to its owner. */
export function writeFlights(route: Route, flights: HeldRoute["flights"]): Write {
  return { verb: "merge", ...target(pluralOf(route), route), body: routePatch(route, flights) };
}

/** The collection in which a route lives. */
export function pluralOf({ kind }: Pick<Route, "kind">): RoutePlural {
  return kind === "GRPCRoute" ? "grpcroutes" : "httproutes";
}

/** Whether that plural is one of routes. */
export function isRoutePlural(plural: string): plural is RoutePlural {
  return plural === "httproutes" || plural === "grpcroutes";
}

/** An Event on the Deployment. */
export function writeEvent(
  regarding: Deployment,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): Write {
  return { verb: "event", regarding, type, reason, message, once: heldOf(regarding)?.started };
}

/**
 * Guarded by the record: whoever started, ended or superseded the rollout since has changed it. And by the generation: who
 * scaled or resumed it since, too, but not native control, which counts pods in the status all the time.
 */
function patchHeld(deployment: Deployment, operations: readonly Operation[]): Write {
  const { annotations, generation } = deployment.metadata;
  return {
    verb: "json",
    ...target("deployments", deployment),
    body: [
      { op: "test", path: annotationPath(HELD), value: annotations?.[HELD] },
      { op: "test", path: "/metadata/generation", value: generation },
      ...operations,
    ],
  };
}

function patchReplicaSet(replicaSet: ReplicaSet, metadata: object): Write {
  return { verb: "merge", ...target("replicasets", replicaSet), body: guarded(replicaSet, { metadata }) };
}

function guarded(object: { metadata: Meta }, body: { metadata?: object; spec?: object }) {
  return { ...body, metadata: { ...body.metadata, resourceVersion: object.metadata.resourceVersion } };
}

function target(kind: Kind, object: { metadata: Meta }): Target {
  return { kind, namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}
