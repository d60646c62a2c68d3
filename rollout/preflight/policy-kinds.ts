import { isRecord } from "../text/parse.ts";

/** What a policy is about: a Service or a route, or a part of it. */
export interface PolicyTarget {
  readonly kind: string;
  /** Its name, or the labels that it has. */
  readonly by: string | Readonly<Record<string, unknown>>;
  /** Absent: the policy's own. */
  readonly namespace?: string;
  /** A port of the Service or a rule of the route; absent: all of it. */
  readonly section?: string;
}

/** A kind whose objects say how a gateway or mesh treats the requests to a Service or of a route's rule. */
export interface PolicyKind {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  /** An object of this kind in the namespace of a Gateway may name a Service of any namespace, for the requests of that Gateway. */
  readonly ofCaller?: true;
  /** The targets of one of its objects, by its name, namespace and spec. */
  readonly targets: (name: string, namespace: string, spec: unknown) => readonly PolicyTarget[];
}

/** Kinds that name their targets as the Gateway API prescribes for policies. */
const byReference = {
  "gateway.networking.k8s.io": {
    backendtlspolicies: "BackendTLSPolicy",
    backendlbpolicies: "BackendLBPolicy",
  },
  "gateway.networking.x-k8s.io": { xbackendtrafficpolicies: "XBackendTrafficPolicy" },
  "gateway.envoyproxy.io": {
    backendtrafficpolicies: "BackendTrafficPolicy",
    securitypolicies: "SecurityPolicy",
    envoyextensionpolicies: "EnvoyExtensionPolicy",
  },
  "networking.gke.io": {
    healthcheckpolicies: "HealthCheckPolicy",
    gcpbackendpolicies: "GCPBackendPolicy",
    gcpsessionaffinitypolicies: "GCPSessionAffinityPolicy",
    gcptrafficdistributionpolicies: "GCPTrafficDistributionPolicy",
  },
  "security.istio.io": {
    authorizationpolicies: "AuthorizationPolicy",
    requestauthentications: "RequestAuthentication",
  },
  "extensions.istio.io": { wasmplugins: "WasmPlugin" },
  "gateway.nginx.org": { upstreamsettingspolicies: "UpstreamSettingsPolicy" },
  "gateway.kgateway.dev": { trafficpolicies: "TrafficPolicy", backendconfigpolicies: "BackendConfigPolicy" },
  "agentgateway.dev": { agentgatewaypolicies: "AgentgatewayPolicy" },
  "kuadrant.io": {
    authpolicies: "AuthPolicy",
    ratelimitpolicies: "RateLimitPolicy",
    tokenratelimitpolicies: "TokenRateLimitPolicy",
  },
  "apisix.apache.org": { backendtrafficpolicies: "BackendTrafficPolicy" },
  "application-networking.k8s.aws": { targetgrouppolicies: "TargetGroupPolicy" },
  "gateway.k8s.aws": { targetgroupconfigurations: "TargetGroupConfiguration" },
  "alb.networking.azure.io": {
    backendtlspolicies: "BackendTLSPolicy",
    healthcheckpolicies: "HealthCheckPolicy",
    backendloadbalancingpolicies: "BackendLoadBalancingPolicy",
    routepolicies: "RoutePolicy",
    webapplicationfirewallpolicies: "WebApplicationFirewallPolicy",
  },
} as const;

/** Kinds that name their targets in another way. */
const others: readonly PolicyKind[] = [
  {
    group: "networking.istio.io",
    plural: "destinationrules",
    kind: "DestinationRule",
    ofCaller: true,
    targets: (_name, namespace, spec) => ofHost(fieldOf(spec, "host"), namespace),
  },
  {
    group: "linkerd.io",
    plural: "serviceprofiles",
    kind: "ServiceProfile",
    ofCaller: true,
    targets: (name, namespace) => ofHost(name, namespace),
  },
  {
    group: "cilium.io",
    plural: "ciliumenvoyconfigs",
    kind: "CiliumEnvoyConfig",
    targets: (_name, namespace, spec) =>
      listOf(fieldOf(spec, "services")).flatMap((service) =>
        referred({ kind: "Service", ...service }, namespace),
      ),
  },
  {
    group: "consul.hashicorp.com",
    plural: "servicedefaults",
    kind: "ServiceDefaults",
    targets: (name) => [{ kind: "Service", by: name }],
  },
  {
    group: "consul.hashicorp.com",
    plural: "serviceresolvers",
    kind: "ServiceResolver",
    targets: (name) => [{ kind: "Service", by: name }],
  },
];

/** Every kind of policy that Serin knows. deploy/rbac.yaml allows the webhook to list each. */
export const policyKinds: readonly PolicyKind[] = [
  ...Object.entries(byReference).flatMap(([group, kinds]) =>
    Object.entries(kinds).map(([plural, kind]) => ({ group, plural, kind, targets: referencesOf })),
  ),
  ...others,
];

function referencesOf(_name: string, namespace: string, spec: unknown): readonly PolicyTarget[] {
  const all = [fieldOf(spec, "targetRef"), fieldOf(spec, "targetReference")].filter(isRecord);
  return [
    ...[...all, ...listOf(fieldOf(spec, "targetRefs"))].flatMap((ref) => referred(ref, namespace)),
    ...listOf(fieldOf(spec, "targetSelectors")).flatMap(selected),
  ];
}

/** The targets of a reference; one for each section that it names. */
function referred(ref: Readonly<Record<string, unknown>>, home: string): readonly PolicyTarget[] {
  const { kind = "Service", name, namespace = home, sectionName, sectionNames } = ref;
  if (typeof kind !== "string" || typeof name !== "string" || namespace !== home) return [];
  const sections = [sectionName, ...(Array.isArray(sectionNames) ? sectionNames : [])].filter(
    (section) => typeof section === "string" && section !== "",
  );
  const target = { kind, by: name };
  return sections.length === 0 ? [target] : sections.map((section) => ({ ...target, section }));
}

/** The targets of a selector: objects of the policy's namespace with these labels. */
function selected({
  kind,
  matchLabels,
  sectionName,
}: Readonly<Record<string, unknown>>): readonly PolicyTarget[] {
  if (typeof kind !== "string" || !isRecord(matchLabels)) return [];
  const isSection = typeof sectionName === "string" && sectionName !== "";
  return [{ kind, by: matchLabels, ...(isSection && { section: sectionName }) }];
}

/** The Service of a host such as `web`, `web.shop` or `web.shop.svc.cluster.local`; a short one is in the policy's namespace. */
function ofHost(host: unknown, home: string): readonly PolicyTarget[] {
  if (typeof host !== "string") return [];
  const [name = "", namespace = home, svc = "svc"] = host.split(".");
  if (svc !== "svc") return [];
  return [{ kind: "Service", by: name, ...(namespace !== home && { namespace }) }];
}

function fieldOf(object: unknown, field: string): unknown {
  return isRecord(object) ? object[field] : undefined;
}

function listOf(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
