import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { isCanaryService } from "../traffic/canary-service.ts";
import { restoreRoute } from "../traffic/overlay.ts";
import { homeOf, routeRecordOf, shareOf } from "../traffic/route-record.ts";
import { isIsolated, selectorOf } from "../traffic/service-record.ts";
import { pause, restoreFields } from "../workload/hold.ts";
import { holdRecordOf } from "../workload/hold-record.ts";

/** What Serin has changed on one object in flight: the changed parts of its spec, before and now. */
export interface ChangedObject {
  /** As kubectl names it: `httproute/web`. */
  readonly name: string;
  readonly namespace: string;
  /** Absent: the object is Serin's own. */
  readonly was?: object;
  readonly is: object;
}

/** The objects of a rollout that differ from what their owners wrote. Objects of other rollouts are ignored. */
export function changedObjects(
  deployment: Deployment,
  services: readonly Service[],
  routes: readonly Route[],
): readonly ChangedObject[] {
  return [
    ...deploymentChange(deployment),
    ...services.flatMap(serviceChange),
    ...routes.filter((route) => shareOf(route, deployment.metadata.uid ?? "")).map(routeChange),
  ];
}

function deploymentChange(deployment: Deployment): readonly ChangedObject[] {
  const held = holdRecordOf(deployment);
  if (held === undefined) return [];
  const { spec, metadata } = deployment;
  const was = pause(restoreFields(spec, held.originals), held.originals.paused);
  return [
    {
      name: `deployment/${metadata.name}`,
      namespace: metadata.namespace ?? "",
      was: fieldsOf(was),
      is: fieldsOf(spec),
    },
  ];
}

/** The fields that the hold covers, in one order. */
function fieldsOf({
  minReadySeconds,
  paused,
  progressDeadlineSeconds,
  revisionHistoryLimit,
  strategy,
}: Deployment["spec"]) {
  return JSON.parse(
    JSON.stringify({ minReadySeconds, paused, progressDeadlineSeconds, revisionHistoryLimit, strategy }),
  ) as object;
}

function serviceChange(service: Service): readonly ChangedObject[] {
  const { name, namespace = "" } = service.metadata;
  const { selector = {} } = service.spec;
  const named = { name: `service/${name}`, namespace, is: { selector } };
  if (isIsolated(service)) return [{ ...named, was: { selector: selectorOf(service) } }];
  return isCanaryService(service) ? [named] : [];
}

function routeChange(route: Route): ChangedObject {
  const { kind, namespace } = homeOf(route);
  return {
    name: `${kind.toLowerCase()}/${route.metadata.name}`,
    namespace,
    was: { rules: restoreRoute(route.spec.rules ?? [], routeRecordOf(route)) },
    is: { rules: route.spec.rules ?? [] },
  };
}
