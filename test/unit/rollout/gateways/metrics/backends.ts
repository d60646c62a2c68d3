import type { Backend } from "../../../../../rollout/gateways/metrics/backend.ts";

/** A backend of route shop/web, the stable version of Service shop/web unless told otherwise. */
export function aBackend(differing: Partial<Backend> = {}): Backend {
  return {
    routeKind: "HTTPRoute",
    routeNamespace: "shop",
    route: "web",
    namespace: "shop",
    service: "web",
    refs: [{ rule: 0, backend: 0 }],
    replicaSet: "web-5b7f9c6d4f",
    ...differing,
  };
}

export const stable = aBackend();

export const canary = aBackend({
  service: "web-canary",
  refs: [{ rule: 1, backend: 1 }],
  mirrors: [{ rule: 1, filter: 0 }],
  replicaSet: "web-6c8d7b5f9d",
});

/** What a careless pattern would take for the canary or the stable version. */
export const neighbours: Readonly<Record<string, Backend>> = {
  "a Service whose name begins with the stable one's": aBackend({
    service: "web-2",
    refs: [{ rule: 2, backend: 0 }],
    replicaSet: "web-2-5b7f9c6d4f",
  }),
  "a Service whose name begins with the canary's": aBackend({
    service: "web-canary-canary",
    refs: [{ rule: 11, backend: 11 }],
    mirrors: [{ rule: 11, filter: 1 }],
    replicaSet: "web-6c8d7b5f9d-6c8d7b5f9d",
  }),
  "a Service whose name ends with the canary's": aBackend({
    service: "old-web-canary",
    refs: [{ rule: 10, backend: 1 }],
    replicaSet: "old-web-6c8d7b5f9d",
  }),
  "a Service whose name ends like the canary's series": aBackend({
    service: "old-svc-shop-web-canary",
    refs: [{ rule: 12, backend: 1 }],
    replicaSet: "old-svc-shop-web-6c8d7b5f9d",
  }),
  "the canary's namesake in another namespace": aBackend({
    ...canary,
    routeNamespace: "workshop",
    namespace: "workshop",
  }),
  "the same Service behind a route whose name begins like the canary's": aBackend({
    ...canary,
    route: "web-admin",
  }),
  "a route and pods whose names begin like the canary's": aBackend({
    service: "web-canary",
    route: "webx",
    refs: [{ rule: 1, backend: 10 }],
    replicaSet: "web-6c8d7b5f9dx",
  }),
};
