import { ports } from "./addresses.ts";
import { type GatewayName, gateways } from "./gateways.ts";

/** An application as a user would deploy it. */
export interface AppOptions {
  readonly name: string;
  readonly namespace?: string;
  readonly replicas?: number;
  /** An image whose tag says how the pods behave, such as `app:v1-err5` (image.ts). */
  readonly image?: string;
  /** The host of its route; `<name>.example` by default. */
  readonly host?: string;
  /** The parent of its route; Traefik by default. */
  readonly gateway?: GatewayName;
  /** `grpc`: a GRPCRoute to a Service port of gRPC without TLS; `http` by default. */
  readonly protocol?: Protocol;
  /** The time for which a deleted pod continues to serve. */
  readonly preStopSeconds?: number;
  /** The annotations of the Deployment. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The protocol of an application's Service and route. */
export type Protocol = "http" | "grpc";

// Longer than a gateway needs to drop an ended endpoint (Traefik: at most 2 s), as in every careful deployment.
const PRE_STOP_SECONDS = 4;

/** The manifests of a Deployment with its Service and route (a v1 List), for `kubectl apply -f -`. */
export function appManifests(options: AppOptions): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "List",
    items: [deployment(options), service(options), route(options)],
  });
}

function metadata({ name, namespace = "default" }: AppOptions) {
  return { name, namespace, labels: { app: name } };
}

function deployment(options: AppOptions): object {
  const {
    name,
    replicas = 3,
    image = "app:v1",
    annotations = {},
    preStopSeconds = PRE_STOP_SECONDS,
  } = options;
  const labels = { app: name };
  const container = {
    name: "app",
    image,
    ports: [
      { name: "http", containerPort: ports.app },
      { name: "grpc", containerPort: ports.grpc },
    ],
    lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...metadata(options), annotations },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [container] },
      },
    },
  };
}

const servicePorts = {
  http: { name: "http", port: 80, targetPort: "http" },
  // Without this field a gateway would speak HTTP/1.1 to the pods.
  grpc: { name: "grpc", port: 9090, targetPort: "grpc", appProtocol: "kubernetes.io/h2c" },
} as const;

function service(options: AppOptions): object {
  const { name, protocol = "http" } = options;
  const spec = { selector: { app: name }, ports: [servicePorts[protocol]] };
  return { apiVersion: "v1", kind: "Service", metadata: metadata(options), spec };
}

function route(options: AppOptions): object {
  const { name, host = `${name}.example`, gateway = "traefik", protocol = "http" } = options;
  const spec = {
    parentRefs: [{ name: gateways[gateway].name, namespace: gateways[gateway].namespace }],
    hostnames: [host],
    rules: [{ backendRefs: [{ name, port: servicePorts[protocol].port }] }],
  };
  const kind = protocol === "http" ? "HTTPRoute" : "GRPCRoute";
  return { apiVersion: "gateway.networking.k8s.io/v1", kind, metadata: metadata(options), spec };
}
