import pLimit from "p-limit";
import { FLIGHT, HELD } from "../../rollout/keys.ts";
import { formatRouteRecord } from "../../rollout/traffic/route-record.ts";
import type { Cluster } from "../../test/cluster/cluster.ts";

/** So many objects of another tenant, of this length each. */
export interface Crowd {
  readonly plural: "httproutes" | "services";
  readonly count: number;
  readonly kB: number;
  /** Whether they carry a forged mark of Serin, and routes a forged share of a rollout. */
  readonly forged: boolean;
}

const NAMESPACE = "crowd";
const PATHS = {
  httproutes: `/apis/gateway.networking.k8s.io/v1/namespaces/${NAMESPACE}/httproutes`,
  services: `/api/v1/namespaces/${NAMESPACE}/services`,
};
const AT_ONCE = 16;
/** About the length (bytes) of an object without the filler. */
const BARE = 1_000;

/** Creates the objects. No gateway answers for these routes, so that the bench measures Serin alone. */
export async function addCrowd({ api }: Cluster, crowd: Crowd): Promise<void> {
  await api.request("POST", "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  const limit = pLimit(AT_ONCE);
  const objects = Array.from({ length: crowd.count }, (_, i) => objectOf(crowd, i));
  await Promise.all(objects.map((object) => limit(() => api.demand("POST", PATHS[crowd.plural], object))));
}

/** Deletes the objects, one by one: the API server answers to the deletion of a collection with all of its objects. */
export async function removeCrowd({ api }: Cluster, { plural, count }: Crowd): Promise<void> {
  const limit = pLimit(AT_ONCE);
  const paths = Array.from({ length: count }, (_, i) => `${PATHS[plural]}/crowd-${i}`);
  await Promise.all(paths.map((path) => limit(() => api.demand("DELETE", path))));
}

/** The words of a table for a crowd. */
export function nameOf({ plural, count, kB, forged }: Crowd): string {
  const what = plural === "httproutes" ? "routes" : "Services";
  return `${count.toLocaleString("en")} ${what} of ${kB} kB${forged ? " with forged marks" : ""}`;
}

function objectOf({ plural, kB, forged }: Crowd, i: number): object {
  const uid = `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`;
  const share = { namespace: NAMESPACE, canaryServices: { [`service-${i}`]: "canary" }, weight: 50 };
  const shares = { [uid]: { ...share, since: "2026-01-01T00:00:00.000Z" } };
  const isSharing = forged && plural === "httproutes";
  const metadata = {
    name: `crowd-${i}`,
    annotations: {
      filler: "x".repeat(kB * 1_000 - BARE),
      ...(isSharing && { [HELD]: formatRouteRecord({ rules: {}, shares }) }),
    },
    ...(forged && { labels: { [FLIGHT]: uid } }),
  };
  if (plural === "services")
    return { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80 }] } };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata,
    spec: {
      hostnames: [`crowd-${i}.example`],
      rules: [{ backendRefs: [{ name: `service-${i}`, port: 80 }] }],
    },
  };
}
