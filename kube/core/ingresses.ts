import type { KubeObject as Known } from "./meta.ts";

interface IngressBackend {
  readonly service?: { readonly name: string };
}

/** An Ingress, as far as it says which Services it leads to. */
export interface Ingress extends Known {
  readonly spec?: {
    readonly defaultBackend?: IngressBackend;
    readonly rules?: readonly {
      readonly http?: { readonly paths?: readonly { readonly backend?: IngressBackend }[] };
    }[];
  };
}

/** The Services to which an Ingress leads; they are in its own namespace. */
export function servicesOfIngress({ spec = {} }: Ingress): ReadonlySet<string> {
  const paths = (spec.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
  const backends = [spec.defaultBackend, ...paths.map(({ backend }) => backend)];
  return new Set(backends.flatMap((backend) => backend?.service?.name ?? []));
}
