import type { EndpointSlice } from "../../kube/core/services.ts";
import type { Pod } from "../../kube/core/workloads.ts";
import { HASH_LABEL } from "../../rollout/keys.ts";

/** A pod without what its template's author can make long. Of its spec, the names of its sidecars are left. */
export function leanPod({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  const { annotations: _annotations, managedFields: _managedFields, labels = {}, ...rest } = metadata;
  const hash = labels[HASH_LABEL];
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const initContainers = sidecars.map(({ name }) => ({ name, restartPolicy: "Always" }));
  return {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    metadata: { ...rest, ...(hash !== undefined && { labels: { [HASH_LABEL]: hash } }) },
    ...(initContainers.length > 0 && { spec: { initContainers } }),
    ...(status && { status }),
  };
}

/** What tells how many endpoints of a Service are ready, and for which ports. */
export function leanSlice({ metadata, ports, endpoints }: EndpointSlice): EndpointSlice {
  const { name, namespace, uid, resourceVersion, labels } = metadata;
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(labels && { labels }),
    },
    ports: (ports ?? []).map(({ name }) => ({ name: name ?? "" })),
    endpoints: (endpoints ?? []).map(({ addresses = [], conditions, targetRef }) => ({
      addresses: addresses.slice(0, 1),
      ...(conditions && { conditions }),
      ...(targetRef?.name !== undefined && { targetRef: { name: targetRef.name } }),
    })),
  };
}
