import { expect } from "chai";
import { attribution } from "../../../../../rollout/gateways/metrics/attribution.ts";
import type { Pack } from "../../../../../rollout/gateways/metrics/pack.ts";
import type { Labels } from "../../../../../rollout/gateways/metrics/sample.ts";
import { canary, stable } from "./backends.ts";
import { namings } from "./namings.ts";
import { packs } from "./packs.ts";
import { selects } from "./promql.ts";

const { application, gke, linkerd, traefik } = packs;

describe("statuses", () => {
  const codes: [string, Pack, Labels, string][] = [
    ["GKE's class of a number", gke, { response_code_class: "500" }, "5xx"],
    ["GKE's class of a digit", gke, { response_code_class: "4" }, "4xx"],
    ["GKE's own code before its class", gke, { response_code: "502", response_code_class: "500" }, "502"],
    ["Linkerd's answer that broke off", linkerd, { http_status: "200", error: "RESET" }, "5xx"],
    [
      "Linkerd's answer that failed before it broke off",
      linkerd,
      { http_status: "503", error: "RESET" },
      "503",
    ],
    ["Linkerd's request that timed out", linkerd, { http_status: "", error: "REQUEST_TIMEOUT" }, "5xx"],
    ["Linkerd's client that went away", linkerd, { error: "CANCEL" }, "499"],
    ["the application's status before its code", application, { status: "500", code: "200" }, "500"],
  ];
  for (const [what, pack, labels, code] of codes) {
    it(`are read: ${what}`, () => expect(pack.codeOf(labels)).to.equal(code));
  }
});

describe("the counters of Istio's Envoy", () => {
  // As its proxy wrote them: the class of a status has the metric's name too.
  const cluster_name = "outbound|80||web.shop.svc.cluster.local";
  const byCode = { cluster_name, response_code: "200" };
  const byClass = { cluster_name, response_code_class: "2xx" };
  const { "istio's envoy": envoy } = packs;

  it("count a request once, by its status", () => {
    const isSelected = selects(envoy.requests([stable]));
    expect(isSelected("envoy_cluster_upstream_rq", byCode)).to.equal(true);
    expect(isSelected("envoy_cluster_upstream_rq", byClass)).to.equal(false);
    const __name__ = "envoy_cluster_upstream_rq";
    expect(envoy.keysOf({ __name__, ...byCode })).to.include("shop/web/80");
    expect(envoy.keysOf({ __name__, ...byClass })).to.deep.equal([]);
  });
});

describe("targets", () => {
  it("are the scraped process", () => {
    const scraped = { instance: "10.0.0.1:9100", job: "traefik", pod: "traefik-1" };
    expect(traefik.targetOf({ ...scraped, code: "200" })).to.equal(
      traefik.targetOf({ ...scraped, code: "500" }),
    );
    for (const label of ["instance", "job", "pod"]) {
      expect(traefik.targetOf({ ...scraped, [label]: "other" })).to.not.equal(traefik.targetOf(scraped));
    }
    expect(traefik.podOf, "the pod label is Traefik's own").to.equal(undefined);
  });

  it("are the pods themselves where the application counts", () => {
    const labels = { namespace: "shop", pod: "web-5b7f9c6d4f-x7k2p", status: "200" };
    expect(application.targetOf({ ...labels, instance: "a" })).to.equal(
      application.targetOf({ ...labels, status: "500" }),
    );
    expect(application.podOf?.(labels)).to.equal("web-5b7f9c6d4f-x7k2p");
    expect(application.podOf?.({})).to.equal(undefined);
    expect(application.podOf?.({ ...labels, exported_namespace: "orders" }), "a label of its own").to.equal(
      "web-5b7f9c6d4f-x7k2p",
    );
  });
});

describe("the pods of an application", () => {
  const [named = {}] = namings.application.series(canary);
  const owner = attribution(application, [[canary, "canary"]]);
  const spelled = (prefix: string, { namespace = "", pod = "" }: Labels) => ({
    [`${prefix}namespace`]: namespace,
    [prefix === "kubernetes_" ? "kubernetes_pod_name" : `${prefix}pod`]: pod,
  });
  const scraped = { namespace: "evil", pod: "evil-5b7f9c6d4f-b4n8q" };
  const isSelected = selects(application.requests([canary]));

  // Each time, the second pair is what the scraped pod writes itself.
  const pairs: [string, Labels][] = [
    ["labels that Prometheus renames", { ...scraped, ...spelled("exported_", named) }],
    ["labels of another convention", { ...scraped, ...spelled("kubernetes_", named) }],
    ["labels of the usual names", { ...spelled("kubernetes_", scraped), ...named }],
  ];
  for (const [what, labels] of pairs)
    it(`are not those that another pod names: by ${what}`, () => {
      expect(owner(labels)).to.equal(undefined);
      expect(owner({ ...labels, ...named, ...spelled("kubernetes_", named) })).to.equal("canary");
    });

  it("are not asked for by labels that Prometheus renames", () => {
    expect(isSelected("http_request_duration_seconds_count", named)).to.equal(true);
    expect(isSelected("http_request_duration_seconds_count", pairs[0]?.[1] ?? named)).to.equal(false);
  });
});
