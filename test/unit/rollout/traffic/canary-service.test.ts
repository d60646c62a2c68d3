import { expect } from "chai";
import type { Service } from "../../../../kube/core/services.ts";
import { COPIED } from "../../../../rollout/keys.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { canaryServicePatch, isCanaryServiceCurrent } from "../../../../rollout/traffic/service-copy.ts";
import { AT_NOON, aDeployment, aService } from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";

const canaryOf = (service: Service, hash = "def") => canaryServiceOf(service, aDeployment(), hash);
const marked = (annotations: Record<string, string> = {}, labels: Record<string, string> = {}) =>
  aService({ meta: { annotations, labels } });

/** What the canary Service has of these keys. */
const copied = (keys: Record<string, string>) => {
  const { annotations = {}, labels = {} } = canaryOf(marked(keys, keys)).metadata;
  const { [COPIED]: _copied, ...rest } = annotations;
  const { "serin.dev/flight": _flight, ...others } = labels;
  expect(rest).to.deep.equal(others);
  return Object.keys(rest);
};

describe("a canary Service", () => {
  it("has all fields of its Service except addresses and node ports, and selects the canary's pods", () => {
    const same = {
      ports: [
        { name: "grpc", port: 80, targetPort: "grpc", protocol: "TCP", appProtocol: "kubernetes.io/h2c" },
      ],
      ipFamilies: ["IPv6", "IPv4"],
      ipFamilyPolicy: "PreferDualStack",
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      publishNotReadyAddresses: true,
      internalTrafficPolicy: "Local",
      trafficDistribution: "PreferClose",
      aFieldOfLater: { versions: 1 },
    };
    const service = aService({
      ...same,
      type: "LoadBalancer",
      ports: same.ports.map((port) => ({ ...port, nodePort: 30_080 })),
      clusterIP: "10.0.0.1",
      clusterIPs: ["10.0.0.1"],
      externalIPs: ["192.0.2.1"],
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30_081,
      loadBalancerIP: "192.0.2.2",
      loadBalancerClass: "example.com/lb",
      loadBalancerSourceRanges: ["192.0.2.0/24"],
      allocateLoadBalancerNodePorts: true,
    });
    const isolated = merge(service, isolationPatch(service, "uid-web", "abc", AT_NOON)) as Service;
    expect(canaryOf(isolated).spec).to.deep.equal({
      ...same,
      type: "ClusterIP",
      selector: { app: "web", "pod-template-hash": "def" },
    });
    expect(canaryOf(isolated).metadata.annotations).to.have.all.keys(COPIED);
    expect(canaryOf(aService({ clusterIP: "None", clusterIPs: ["None"] })).spec).to.include({
      type: "ClusterIP",
      clusterIP: "None",
    });
  });

  it("has the labels and annotations that gateways, meshes, policies and scrapers read", () => {
    const read = {
      app: "web",
      team: "a",
      "app.kubernetes.io/name": "web",
      "app.kubernetes.io/part-of": "shop",
      "projectcontour.io/upstream-protocol.h2c": "http,80",
      "konghq.com/upstream-policy": "slow",
      "traefik.ingress.kubernetes.io/service.serverstransport": "shop-tls@kubernetescrd",
      "haproxy-ingress.github.io/backend-protocol": "h2",
      "cloud.google.com/app-protocols": '{"grpc":"HTTP2"}',
      "cloud.google.com/backend-config": '{"default":"web"}',
      "networking.gke.io/max-rate-per-endpoint": "10",
      "service.kubernetes.io/topology-mode": "Auto",
      "service.cilium.io/affinity": "local",
      "istio.io/use-waypoint": "waypoint",
      "networking.istio.io/exportTo": ".",
      "config.linkerd.io/opaque-ports": "80",
      "balancer.linkerd.io/failure-accrual": "consecutive",
      "prometheus.io/scrape": "true",
      "ad.datadoghq.com/service.check_names": "[]",
    };
    expect(copied(read)).to.deep.equal(Object.keys(read));
  });

  const kept: Record<string, readonly string[]> = {
    "by which kubectl finds what it applied": [
      "kubectl.kubernetes.io/last-applied-configuration",
      "applyset.kubernetes.io/part-of",
      "applyset.kubernetes.io/id",
      "addonmanager.kubernetes.io/mode",
      "kubernetes.io/cluster-service",
    ],
    "by which Helm finds its release": [
      "meta.helm.sh/release-name",
      "meta.helm.sh/release-namespace",
      "helm.sh/chart",
      "helm.sh/resource-policy",
      "app.kubernetes.io/managed-by",
    ],
    "by which a GitOps engine finds its own": [
      "argocd.argoproj.io/tracking-id",
      "argocd.argoproj.io/instance",
      "argo-rollouts.argoproj.io/managed-by-rollouts",
      "app.kubernetes.io/instance",
      "kustomize.toolkit.fluxcd.io/name",
      "kustomize.toolkit.fluxcd.io/prune",
      "helm.toolkit.fluxcd.io/name",
      "fluxcd.io/sync-gc-mark",
      "kapp.k14s.io/app",
      "objectset.rio.cattle.io/hash",
      "config.k8s.io/owning-inventory",
      "configsync.gke.io/declared-version",
      "kluctl.io/discriminator",
      "generate.kyverno.io/policy-name",
      "cleanup.kyverno.io/ttl",
      "skaffold.dev/run-id",
      "olm.owner",
      "operators.coreos.com/web.shop",
      "operator-sdk/primary-resource",
      "janitor/ttl",
    ],
    "that publish a second name or address": [
      "external-dns.alpha.kubernetes.io/hostname",
      "dns.alpha.kubernetes.io/external",
      "service.beta.kubernetes.io/aws-load-balancer-type",
      "cloud.google.com/neg",
      "cloud.google.com/neg-status",
      "controller.autoneg.dev/neg",
      "tailscale.com/hostname",
      "mirror.linkerd.io/exported",
      "service.cilium.io/global",
      "consul.hashicorp.com/service-name",
      "skupper.io/address",
      "getambassador.io/config",
      "service.beta.openshift.io/serving-cert-secret-name",
    ],
    "that are Serin's own": ["serin.dev/isolate", "serin.dev/held"],
  };
  for (const [what, keys] of Object.entries(kept)) {
    it(`has no labels or annotations ${what}`, () => {
      expect(copied(Object.fromEntries(keys.map((key) => [key, "x"])))).to.deep.equal([]);
    });
  }

  it("has the label of its instance if its Service selects pods by it", () => {
    const labels = { "app.kubernetes.io/instance": "web" };
    const service = aService({ meta: { labels }, selector: { app: "web", ...labels } });
    expect(canaryOf(service).metadata.labels).to.include(labels);
  });

  it("follows its Service, and keeps what others added to it", () => {
    const addedByOthers = { "cloud.google.com/neg-status": "{}", "policy.example.com/checked": "yes" };
    const before = aService({
      meta: { annotations: { a: "1", gone: "1" }, labels: { team: "a", old: "1" } },
      trafficDistribution: "PreferClose",
    });
    const stored = merge(canaryOf(before), {
      metadata: { annotations: addedByOthers, resourceVersion: "7" },
      spec: { clusterIP: "10.0.0.9", clusterIPs: ["10.0.0.9"] },
    }) as Service;
    expect(isCanaryServiceCurrent(stored, canaryOf(before))).to.equal(true);
    const after = aService({
      meta: { annotations: { a: "2" }, labels: { team: "b" } },
      ports: [{ name: "http", port: 81 }],
      sessionAffinity: "ClientIP",
    });
    for (const wanted of [canaryOf(after), canaryOf(before, "ghi")]) {
      expect(isCanaryServiceCurrent(stored, wanted)).to.equal(false);
      const patched = merge(stored, canaryServicePatch(stored, wanted)) as Service;
      expect(isCanaryServiceCurrent(patched, wanted)).to.equal(true);
      const { annotations, labels } = wanted.metadata;
      expect(patched.metadata.annotations).to.deep.equal({ ...annotations, ...addedByOthers });
      expect(patched.metadata.labels).to.deep.equal(labels);
      expect(patched.spec).to.deep.equal({ ...wanted.spec, clusterIP: "10.0.0.9", clusterIPs: ["10.0.0.9"] });
    }
  });

  it("keeps the fields that a policy adds to whatever Serin writes, and follows its Service nevertheless", () => {
    const before = aService({ ports: [{ port: 80, appProtocol: "http" }], sessionAffinity: "ClientIP" });
    const policed = (service: Service): Service => ({
      ...service,
      spec: {
        ...service.spec,
        trafficDistribution: "PreferClose",
        ports: service.spec.ports?.map((port) => ({ appProtocol: "kubernetes.io/h2c", ...port })) ?? [],
      },
    });
    const stored = policed(canaryOf(before));
    expect(isCanaryServiceCurrent(stored, canaryOf(before))).to.equal(true);
    const wanted = canaryOf(aService({ ports: [{ port: 80 }] }));
    expect(isCanaryServiceCurrent(stored, wanted), "a field that its Service has lost").to.equal(false);
    const patched = policed(merge(stored, canaryServicePatch(stored, wanted)) as Service);
    expect(isCanaryServiceCurrent(patched, wanted)).to.equal(true);
    expect(patched.spec).not.to.have.property("sessionAffinity");
    expect(patched.spec.ports).to.deep.equal([{ port: 80, appProtocol: "kubernetes.io/h2c" }]);
  });

  it("keeps the IP families with which it was created", () => {
    const stored = canaryOf(aService({ ipFamilyPolicy: "PreferDualStack", ipFamilies: ["IPv4", "IPv6"] }));
    const wanted = canaryOf(aService({ ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"] }));
    expect(isCanaryServiceCurrent(stored, wanted)).to.equal(true);
    expect(canaryServicePatch(stored, wanted).spec).not.to.have.any.keys("ipFamilyPolicy", "ipFamilies");
  });
});
