/** An application as a user would deploy it. */
export interface AppOptions {
  readonly name: string;
  readonly namespace?: string;
  readonly replicas?: number;
  /** As in image.ts: `app:v1-err5`. */
  readonly image?: string;
  /** The host of its HTTPRoute; `<name>.example` by default. */
  readonly host?: string;
  /** How long a deleted pod serves on. */
  readonly preStopSeconds?: number;
  /** Of the Deployment. */
  readonly annotations?: Readonly<Record<string, string>>;
}

// Longer than a gateway takes to hear of an endpoint's end (Traefik: 2 s at worst), as every careful deployment has it.
const PRE_STOP_SECONDS = 4;

/** The manifests of a Deployment with its Service and HTTPRoute (a v1 List), for `kubectl apply -f -`. */
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
    ports: [{ name: "http", containerPort: 8080 }],
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

function service(options: AppOptions): object {
  const ports = [{ name: "http", port: 80, targetPort: "http" }];
  const spec = { selector: { app: options.name }, ports };
  return { apiVersion: "v1", kind: "Service", metadata: metadata(options), spec };
}

function route(options: AppOptions): object {
  const { name, host = `${name}.example` } = options;
  const spec = {
    parentRefs: [{ name: "gw", namespace: "edge" }],
    hostnames: [host],
    rules: [{ backendRefs: [{ name, port: 80 }] }],
  };
  return { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata: metadata(options), spec };
}
