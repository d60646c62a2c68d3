import type { KubeObject as Known } from "./meta.ts";

interface IngressBackend {
  readonly service?: { readonly name: string };
}

/** An Ingress, as far as it says which Services it leads to. */
export interface Ingress extends Known {
  /** The kind of the object that it stands for; absent: an Ingress. */
  readonly kind?: string;
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

/** An HTTPProxy, Contour's own kind before the Gateway API: what an Ingress is, with other fields. */
export interface HttpProxy extends Known {
  readonly spec?: {
    readonly routes?: readonly { readonly services?: readonly { readonly name: string }[] }[];
  };
}

/** The Ingress that leads where an HTTPProxy leads. */
export function ingressOf({ metadata, spec = {} }: HttpProxy): Ingress {
  const services = (spec.routes ?? []).flatMap((route) => route.services ?? []);
  const paths = services.map(({ name }) => ({ backend: { service: { name } } }));
  return { kind: "HTTPProxy", metadata, spec: { rules: [{ http: { paths } }] } };
}
