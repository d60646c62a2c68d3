import type { KubeObject as Known } from "./meta.ts";

export interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  targetPort?: number | string;
  appProtocol?: string;
  nodePort?: number;
}

export interface Service extends Known {
  spec: {
    type?: string;
    clusterIP?: string;
    selector?: Record<string, string>;
    ports?: ServicePort[];
    [unknown: string]: unknown;
  };
}

/** Whether the Service has no address of its own: its clients find the pods by DNS. */
export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === "None";
}

export interface EndpointSlice extends Known {
  /** The Service's ports that these endpoints have; null if they have none. A port without a name has the name "". */
  ports?: readonly { name?: string | null; port?: number | null }[] | null;
  /** Null if there are none. */
  endpoints?:
    | readonly {
        addresses?: readonly string[];
        conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
        targetRef?: { kind?: string; name?: string; uid?: string };
      }[]
    | null;
}

/** Who else serves behind a Service than the pods of the Deployment: a workload, a bare pod, or a slice that somebody keeps. */
export interface Stranger {
  readonly service: string;
  readonly kind: string;
  readonly name: string;
}
