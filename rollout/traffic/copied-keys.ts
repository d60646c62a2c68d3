/**
 * Domains of keys by which a program finds the objects that it applied, owns or will delete: with such a key, it would take a
 * canary Service for its own, and prune it or report it as a difference. A key of a subdomain counts as well.
 */
const appliers: readonly string[] = [
  "serin.dev",
  "kubectl.kubernetes.io",
  "applyset.kubernetes.io",
  "addonmanager.kubernetes.io",
  "config.kubernetes.io",
  "config.k8s.io",
  "cli-utils.sigs.k8s.io",
  "hnc.x-k8s.io",
  "helm.sh",
  "argoproj.io",
  "fluxcd.io",
  "k14s.io",
  "cattle.io",
  "kyverno.io",
  "kluctl.io",
  "timoni.sh",
  "werf.io",
  "skaffold.dev",
  "tilt.dev",
  "pulumi.com",
  "crossplane.io",
  "oam.dev",
  "karmada.io",
  "kubefed.io",
  "open-cluster-management.io",
  "projectsveltos.io",
  "configmanagement.gke.io",
  "configsync.gke.io",
  "operators.coreos.com",
  "operatorframework.io",
  "operator-sdk",
  "janitor",
];

/**
 * Domains of keys that give a Service a name or an address outside of its gateway. With such a key, the canary would get
 * requests that no weight granted, or would take the name from its Service.
 */
const publishers: readonly string[] = [
  "external-dns.alpha.kubernetes.io",
  "external-dns.kubernetes.io",
  "dns.alpha.kubernetes.io",
  "service.beta.kubernetes.io",
  "tailscale.com",
  "skupper.io",
  "mirror.linkerd.io",
  "autoneg.dev",
  "cft.dev",
  "getambassador.io",
  "metallb.io",
  "metallb.universe.tf",
  "stakater.com",
  "fabric8.io",
];

/** The beginnings of such keys in domains whose other keys say how to reach the pods. */
const beginnings: readonly string[] = [
  "app.kubernetes.io/managed-by",
  "kubernetes.io/cluster-service",
  "olm.",
  "cloud.google.com/neg",
  "cloud.google.com/load-balancer",
  "networking.gke.io/load-balancer",
  "consul.hashicorp.com/service-",
  "service.cilium.io/global",
  "service.cilium.io/shared",
  "io.cilium/global-service",
  "io.cilium/shared-service",
  "istio.io/global",
  "service.alpha.openshift.io/serving-cert",
  "service.beta.openshift.io/serving-cert",
];

/** A longer value (characters) is data, and tells nobody how to reach the pods. */
const LONGEST = 4_096;

/** Argo CD marks its objects with it, and Helm charts name a release by it. */
const INSTANCE = "app.kubernetes.io/instance";

/**
 * The labels or annotations of a Service that say what it is and how to reach its pods: those that its canary Service
 * carries, too. `selector` is the user's: a label that it requires describes the pods, so a scraper may select by it.
 */
export function copiedKeys(
  given: Readonly<Record<string, string>> | undefined,
  selector: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(given ?? {}).filter(
      ([key, value]) => isCopied(key, value) && (key !== INSTANCE || INSTANCE in selector),
    ),
  );
}

/** Whether a canary Service may carry this label or annotation of its Service, too. */
export function isCopied(key: string, value: string): boolean {
  return value.length <= LONGEST && !isKept(key);
}

/** Whether a key stays with the user's Service. */
function isKept(key: string): boolean {
  const domain = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  const isOf = (other: string) => domain === other || domain.endsWith(`.${other}`);
  return (
    appliers.some(isOf) || publishers.some(isOf) || beginnings.some((beginning) => key.startsWith(beginning))
  );
}
