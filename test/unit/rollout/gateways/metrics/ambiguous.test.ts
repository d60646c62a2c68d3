import { expect } from "chai";
import { attribution } from "../../../../../rollout/gateways/metrics/attribution.ts";
import type { Pack } from "../../../../../rollout/gateways/metrics/pack.ts";
import type { Labels } from "../../../../../rollout/gateways/metrics/sample.ts";
import { aBackend, canary } from "./backends.ts";
import { packs } from "./packs.ts";

const { application, consul, "envoy-gateway": envoyGateway, gke, traefik } = packs;

function traefiks(name: string): Labels {
  return { service: `httproute-${name}-0@kubernetesgateway` };
}

const answers = { __name__: "envoy_cluster_upstream_rq" };
const hash = "1f8a2b3c4d5e6f708192";

describe("names that can be read in two ways", () => {
  const read: [string, Pack, Labels, readonly string[]][] = [
    [
      "a gateway called -gw-",
      traefik,
      traefiks(`shop-web-gw-infra-my-gw-1-ep-web-0-${hash}-svc-shop-web`),
      ["httproute-shop-web-gw-infra-my/shop-web", "httproute-shop-web/shop-web"],
    ],
    [
      "a gateway called gw in a namespace called gw",
      traefik,
      traefiks(`shop-web-gw-gw-gw-ep-web-0-${hash}-svc-shop-web`),
      ["httproute-shop-web-gw-gw/shop-web", "httproute-shop-web-gw/shop-web", "httproute-shop-web/shop-web"],
    ],
    [
      "a Service called -svc-",
      traefik,
      traefiks(`shop-web-gw-edge-a-ep-web-0-${hash}-svc-shop-my-svc-web`),
      ["httproute-shop-web/shop-my-svc-web"],
    ],
    [
      "a Service named like the end of a series",
      traefik,
      traefiks(`shop-web-gw-edge-a-ep-web-0-${hash}-svc-shop-x-0-abc-svc-shop-web`),
      ["httproute-shop-web/shop-x-0-abc-svc-shop-web", "httproute-shop-web/shop-web"],
    ],
    ["a series of another provider", traefik, { service: "web@kubernetescrd" }, []],
    [
      "Consul's default namespace, which is no Kubernetes namespace without Enterprise",
      consul,
      { ...answers, consul_destination_service: "web", consul_destination_namespace: "default" },
      ["default/web", "web"],
    ],
    [
      "Consul without a namespace",
      consul,
      { ...answers, consul_destination_service: "web" },
      ["default/web", "web"],
    ],
    [
      "a namespace of Consul Enterprise",
      consul,
      { ...answers, consul_destination_service: "web", consul_destination_namespace: "shop" },
      ["shop/web"],
    ],
    [
      "a rule whose backends Envoy Gateway has merged",
      envoyGateway,
      { envoy_cluster_name: "httproute/shop/web/rule/0" },
      [],
    ],
    [
      "a name that GKE may have cut",
      gke,
      { backend_target_name: "gkegw1-jgyx-kalchem-access-advisor-middleware-8000-78qnvyiusmha" },
      [],
    ],
    [
      "a Service of GKE's that ends in a number",
      gke,
      { backend_target_name: "gkegw1-jgyx-shop-web-80-8080-78qnvyiusmha" },
      ["shop-web-80"],
    ],
  ];
  for (const [what, pack, labels, keys] of read) {
    it(`are tried with the most exact first: ${what}`, () => {
      expect(pack.keysOf(labels)).to.deep.equal(keys);
    });
  }

  it("of pods whose ReplicaSet's name leaves no room for its hash are not usable", () => {
    const long = "a".repeat(60);
    const [old, young] = ["5b7f9c6d4f", "6c8d7b5f9d"].map((hash) =>
      aBackend({ replicaSet: `${long}-${hash}` }),
    );
    const owner = attribution(application, [
      [old ?? canary, "stable"],
      [young ?? canary, "canary"],
    ]);
    expect(owner({ namespace: "shop", pod: `${long.slice(0, 58)}x7k2p` })).to.equal(undefined);
  });

  it("of pods whose ReplicaSet's name is cut in its hash are recognized by the rest", () => {
    const replicaSet = `${"a".repeat(50)}-5b7f9c6d4f`;
    const backend = aBackend({ replicaSet });
    const pod = `${replicaSet.slice(0, 58)}x7k2p`;
    expect(attribution(application, [[backend, "stable"]])({ namespace: "shop", pod })).to.equal("stable");
    expect(application.requests([backend])).to.include(`${replicaSet.slice(0, 58)}[a-z0-9]{5}`);
  });
});
