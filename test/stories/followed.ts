import type { KubeObject } from "../cluster/api.ts";
import { ask } from "../cluster/ask.ts";
import { eventually } from "../cluster/wait.ts";
import type { Shop } from "./shop.ts";

/** What followed reads of an EndpointSlice. */
interface Slice extends KubeObject {
  readonly endpoints: readonly Endpoint[] | null;
}

interface Endpoint {
  readonly conditions?: { readonly ready?: boolean };
  readonly targetRef?: { readonly name: string };
}

const REDIRECT = 302;
const TIMEOUT_MS = 30_000;
let written = 0;

/**
 * Waits until the gateway has followed the pods that ended and the routes that changed before, and returns when. It writes
 * a route and waits until the gateway carries it out, because a gateway on a busy machine follows later than HEARD_MS.
 */
export async function followed(shop: Shop): Promise<number> {
  const { api, gateways } = shop.cluster;
  const isServing = (name = "") => {
    const pod = shop.stock.pods.get(name);
    return pod !== undefined && pod.metadata.deletionTimestamp === undefined;
  };
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${shop.namespace}/endpointslices`;
  const isCurrent = async () => {
    const { items } = await api.demand<{ items: readonly Slice[] }>("GET", slices);
    const ready = items.flatMap(({ endpoints }) => endpoints ?? []).filter((it) => it.conditions?.ready);
    return ready.every(({ targetRef }) => isServing(targetRef?.name)) || undefined;
  };
  await eventually("EndpointSlices without ended pods", isCurrent, TIMEOUT_MS);
  written += 1;
  const name = `followed-${written}`;
  const { namespace, name: parent, url } = gateways[shop.gateway];
  const filter = { type: "RequestRedirect", requestRedirect: { hostname: "followed", statusCode: REDIRECT } };
  const spec = {
    parentRefs: [{ name: parent, namespace }],
    hostnames: [shop.host(name)],
    rules: [{ filters: [filter] }],
  };
  const kind = { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute" };
  await shop.apply(JSON.stringify({ ...kind, metadata: { name }, spec }));
  const isCarriedOut = async () =>
    (await ask(url, { host: shop.host(name) })).status === REDIRECT || undefined;
  await eventually("the gateway's answer by a new route", isCarriedOut, TIMEOUT_MS);
  return Date.now();
}
