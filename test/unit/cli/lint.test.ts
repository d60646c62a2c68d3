import { expect } from "chai";
import { lint } from "../../../cli/lint/lint.ts";

const deployment = (name: string, annotations: string, more = "") =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, annotations: {${annotations}}}\n${more}`;

/** Each finding as `bad web: …`. */
function found(...documents: readonly string[]): readonly string[] {
  const text = documents.join("\n---\n");
  return lint([{ name: "f", text }]).map(
    ({ kind, where, says }) => `${kind} ${where.replace(/^f: \w+\//, "")}: ${says}`,
  );
}

describe("kubectl serin lint", () => {
  for (const [what, documents, expected] of [
    [
      "describes a valid plan",
      [deployment("web", 'serin.dev/rollout: canary, serin.dev/steps: "10, 50"')],
      [/^good web: canary 10→50 %/],
    ],
    [
      "tells every fault of a plan with what would be right",
      [deployment("web", 'serin.dev/rollout: canary, serin.dev/steps: "50, 10", serin.dev/intervall: 1m')],
      [
        /^bad web: .*serin\.dev\/intervall.*interval/,
        /^bad web: serin\.dev\/steps: .*use increasing percentages/,
      ],
    ],
    [
      "names a file whose merge key or alias cannot be read, and judges the others",
      ["a: {<<: text}", "a: *unknown", deployment("web", "serin.dev/rollout: canary")],
      [/^bad f: Merge sources must be maps/, /^bad f: Unresolved alias/, /^good web: /],
    ],
    [
      "wants texts in quotes",
      [deployment("web", "serin.dev/rollout: canary, serin.dev/steps: 50")],
      [/^bad web: serin\.dev\/steps: 50 is not text: write it in quotes$/, /^good web: /],
    ],
    [
      "wants what kubectl reads as a boolean in quotes",
      [deployment("web", "serin.dev/rollout: canary, serin.dev/track: off")],
      [/^bad web: serin\.dev\/track: false is not text: write it in quotes$/, /^bad web: serin\.dev\/track/],
    ],
    [
      "warns of orders in manifests, which each apply would give again",
      [deployment("web", 'serin.dev/rollout: canary, serin.dev/advance: "7/2"')],
      [/^good /, /^warning web: serin\.dev\/advance: an order in a manifest is given again/],
    ],
    [
      "names the slip in an opt-in, of which no webhook is asked",
      [deployment("web", "serin.dev/rolout: canary, serin.dev/interval: 10s")],
      [
        /^warning web: has no serin\.dev\/rollout/,
        /^warning web: unknown annotation serin\.dev\/rolout; did you mean serin\.dev\/rollout\?$/,
      ],
    ],
    [
      "warns of a plan without the opt-in, and of keys where nothing reads them",
      [
        deployment("web", "serin.dev/steps: '50'"),
        deployment(
          "api",
          "serin.dev/rollout: canary",
          "spec: {template: {metadata: {annotations: {serin.dev/steps: '50'}}}}",
        ),
      ],
      [
        /^warning web: has no serin\.dev\/rollout/,
        /^good api: /,
        /^warning api: nothing reads the annotation serin\.dev\/steps of/,
      ],
    ],
    [
      "reads a profile of the files, and says that another is not checked",
      [
        "kind: List\nitems: [{kind: ConfigMap, metadata: {name: slow, labels: {serin.dev/profile: 'true'}}, data: {steps: '7'}}]",
        deployment("web", "serin.dev/rollout: canary, serin.dev/profile: slow"),
        deployment("api", "serin.dev/rollout: canary, serin.dev/profile: fast"),
      ],
      [
        /^good slow: a valid profile/,
        /^good web: canary 7 %/,
        /^good api: canary 10→/,
        /^warning api: profile fast is not among/,
      ],
    ],
    [
      "checks profiles, namespaces and metric templates",
      [
        "kind: ConfigMap\nmetadata: {name: slow, labels: {serin.dev/profile: 'true'}}\ndata: {stepz: '7'}",
        "kind: Namespace\nmetadata: {name: shop, annotations: {serin.dev/interval: soon}}",
        "kind: ConfigMap\nmetadata: {name: orders, labels: {serin.dev/metric-template: 'true'}}\ndata: {interval: 1m}",
        "kind: ConfigMap\nmetadata: {name: other}\ndata: {a: b}",
      ],
      [/^bad slow: .*stepz/, /^bad shop: .*serin\.dev\/interval/, /^bad orders: .*query/],
    ],
    ["says where a file is not YAML", ["a: [b"], [/^bad f: /]],
    [
      "reads what is not about Serin",
      ["kind: Service\nmetadata: {name: web}", "null", deployment("web", "a: b")],
      [],
    ],
  ] as const) {
    it(what, () => {
      const lines = found(...documents);
      expect(lines, lines.join("\n")).to.have.length(expected.length);
      expected.forEach((pattern, i) => {
        expect(lines[i]).to.match(pattern);
      });
    });
  }
});
