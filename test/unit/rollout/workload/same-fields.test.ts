import { expect } from "chai";
import type { PodTemplate } from "../../../../kube/core/workloads.ts";
import { billionths } from "../../../../rollout/text/quantity.ts";
import { sameTemplate } from "../../../../rollout/workload/template.ts";

const pod = (spec: object, metadata: object = { labels: { app: "web" } }) =>
  ({ metadata, spec: { containers: [{ name: "app", image: "web:1" }], ...spec } }) as PodTemplate;
const container = (fields: object) => pod({ containers: [{ name: "app", image: "web:1", ...fields }] });
const labelled = (metadata: object) => pod({}, { labels: { app: "web" }, ...metadata });
const term = (fields: object) =>
  pod({ affinity: { podAffinity: { terms: [{ topologyKey: "zone", ...fields }] } } });
const volume = (fields: object) => pod({ volumes: [{ name: "tmp", ...fields }] });

describe("two templates to native control", () => {
  const same: [string, PodTemplate, PodTemplate][] = [
    [
      "creationTimestamp null, as API servers up to 1.33 write it",
      labelled({ creationTimestamp: null }),
      labelled({}),
    ],
    ["no annotations", labelled({ annotations: {} }), labelled({ annotations: null })],
    ["no metadata", pod({}, { creationTimestamp: null }), { spec: pod({}).spec } as PodTemplate],
    ["empty and absent lists", pod({ volumes: [], tolerations: null }), pod({})],
    ["empty and absent maps", pod({ nodeSelector: {}, overhead: {} }), pod({})],
    ["no resources", container({ resources: {} }), container({ resources: { limits: {}, claims: [] } })],
    [
      "cpu in thousandths",
      container({ resources: { limits: { cpu: "1" } } }),
      container({ resources: { limits: { cpu: "1000m" } } }),
    ],
    [
      "memory in bytes",
      container({ resources: { requests: { memory: "1Gi" } } }),
      container({ resources: { requests: { memory: "1073741824" } } }),
    ],
    [
      "a volume's size",
      volume({ emptyDir: { sizeLimit: "1024Mi" } }),
      volume({ emptyDir: { sizeLimit: "1Gi" } }),
    ],
    [
      "a claim's metadata",
      volume({ ephemeral: { volumeClaimTemplate: { metadata: { creationTimestamp: null }, spec: {} } } }),
      volume({ ephemeral: { volumeClaimTemplate: {} } }),
    ],
    ["the hash label", labelled({ labels: { app: "web", "pod-template-hash": "1" } }), labelled({})],
  ];
  for (const [what, a, b] of same) {
    it(`are the same with ${what}`, () => {
      expect(sameTemplate(a, b)).to.equal(true);
      expect(sameTemplate(b, a), "the other way round").to.equal(true);
    });
  }

  const different: [string, PodTemplate, PodTemplate][] = [
    ["all namespaces and only its own", term({ namespaceSelector: {} }), term({})],
    ["an empty and no security context", container({ securityContext: {} }), container({})],
    ["an empty and no emptyDir", volume({ emptyDir: {} }), volume({})],
    ["zero and the default", pod({ terminationGracePeriodSeconds: 0 }), pod({})],
    ["false and the default", pod({ automountServiceAccountToken: false }), pod({})],
    ["an empty label", labelled({ labels: { app: "web", tier: "" } }), labelled({})],
    [
      "another amount",
      container({ resources: { limits: { cpu: "1" } } }),
      container({ resources: { limits: { cpu: "1001m" } } }),
    ],
    ["an amount of none", container({ resources: { limits: { cpu: "0" } } }), container({ resources: {} })],
    [
      "labels that look like quantities",
      labelled({ labels: { limits: "1", divisor: "1" } }),
      labelled({ labels: { limits: "1000m", divisor: "1" } }),
    ],
    ["an argument that looks like a quantity", container({ args: ["1"] }), container({ args: ["1000m"] })],
    ["an item more", pod({ tolerations: [{}] }), pod({})],
    [
      "containers in another order",
      pod({ containers: [{ name: "a" }, { name: "b" }] }),
      pod({ containers: [{ name: "b" }, { name: "a" }] }),
    ],
  ];
  for (const [what, a, b] of different) {
    it(`differ by ${what}`, () => {
      expect(sameTemplate(a, b)).to.equal(false);
      expect(sameTemplate(b, a), "the other way round").to.equal(false);
    });
  }
});

describe("a quantity", () => {
  const equals: [string, string][] = [
    ["1", "1000m"],
    ["0.5", "500m"],
    [".5", "5e-1"],
    ["1k", "1e3"],
    ["1Ki", "1024"],
    ["1.5Gi", "1536Mi"],
    ["1E", "1e18"],
    ["0.1n", "1n"],
    ["-1", "-1000m"],
  ];
  for (const [a, b] of equals)
    it(`${a} equals ${b}`, () => expect(billionths(a)).to.be.a("bigint").that.equals(billionths(b)));

  for (const text of ["", ".", "1e", "1 Gi", "1Kb", "--1", "0x10", "1e999999999", "9".repeat(65)])
    it(`${JSON.stringify(text.slice(0, 12))} is not a quantity`, () =>
      expect(billionths(text)).to.equal(undefined));
});
