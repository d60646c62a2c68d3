import { expect } from "chai";
import { admitCreate } from "../../../../rollout/admission/admit.ts";
import { formatComplaints } from "../../../../rollout/plan/complaints.ts";
import { type DefaultSources, outline, profileNamed } from "../../../../rollout/plan/layers.ts";
import type { Plan } from "../../../../rollout/plan/plan.ts";
import { aDeployment } from "../../../support/builders.ts";
import { keyed, sourcesOf } from "../../../support/defaults.ts";

type Given = Readonly<Record<string, string>>;

const complaintsOf = (own: Given, sources: DefaultSources) => {
  const { parsed } = outline(keyed({ rollout: "canary", ...own }), sources);
  return "complaints" in parsed ? formatComplaints(parsed.complaints).split("\n") : [];
};
const intervals = ({ intervalMs, maxIntervalMs, steps, onFailure }: Plan) => ({
  intervalMs,
  maxIntervalMs,
  steps: steps.map((step) => (step.kind === "weight" ? step.weight : step.kind)),
  onFailure,
});

describe("defaults of profile and namespace", () => {
  it("come after the Deployment's own keys, the profile's before the namespace's, and Serin's last", () => {
    const sources = sourcesOf({
      namespace: { interval: "3m", "max-interval": "3h", "on-failure": "undo" },
      profile: { interval: "2m", "max-interval": "2h", steps: "2" },
    });
    const { parsed, layers } = outline(keyed({ rollout: "canary", interval: "1s" }), sources);
    expect("plan" in parsed && intervals(parsed.plan)).to.deep.equal({
      intervalMs: 1_000,
      maxIntervalMs: 7_200_000,
      steps: [2],
      onFailure: "undo",
    });
    expect(layers, "only what applies").to.deep.equal([
      { from: "profile", name: "slow", values: { "max-interval": "2h", steps: "2" } },
      { from: "namespace", name: "shop", values: { "on-failure": "undo" } },
    ]);
  });

  it("are the same as if the Deployment had them itself", () => {
    const shared = { steps: "5, 20, 50", interval: "2m", checks: "p99 <= 500ms", compare: "off" };
    const own = outline(keyed({ rollout: "canary", ...shared }), sourcesOf({})).parsed;
    for (const sources of [sourcesOf({ profile: shared }), sourcesOf({ namespace: shared })])
      expect(outline(keyed({ rollout: "canary" }), sources).parsed).to.deep.equal(own);
  });

  it("that are for another strategy do not apply, and faulty ones are reported all the same", () => {
    const shared = { steps: "5, 20", iterations: "3", sticky: "1h", interval: "2m" };
    const match = { match: "header x-canary=insider" };
    for (const [kind, own, applied] of [
      ["canary", {}, ["steps", "sticky", "interval"]],
      ["blue-green", {}, ["interval"]],
      ["ab-test", match, ["iterations", "interval"]],
    ] as const) {
      const { parsed, layers } = outline(keyed({ rollout: kind, ...own }), sourcesOf({ namespace: shared }));
      expect("plan" in parsed, kind).to.equal(true);
      expect(Object.keys(layers[0]?.values ?? {}), kind).to.deep.equal(applied);
    }
    expect(
      complaintsOf({ rollout: "blue-green" }, sourcesOf({ profile: { steps: "no" } })).join(),
    ).to.contain('profile slow: steps: invalid step "no"');
  });

  const named: [Given, Given, string | undefined][] = [
    [{}, {}, undefined],
    [{ profile: " slow " }, {}, "slow"],
    [{}, { profile: "slow" }, "slow"],
    [{ profile: "fast" }, { profile: "slow" }, "fast"],
    [{ profile: "none" }, { profile: "slow" }, undefined],
    [{ profile: "../secrets" }, {}, undefined],
    [{ profile: "" }, { profile: "slow" }, undefined],
  ];
  for (const [own, shared, name] of named)
    it(`look for profile ${name} where ${JSON.stringify([own, shared])} names it`, () => {
      expect(profileNamed(keyed(own), keyed(shared))).to.equal(name);
    });

  const wrong: [string, Given, DefaultSources, string][] = [
    [
      "a profile's value",
      {},
      sourcesOf({ profile: { steps: "10, 5" } }),
      "profile slow: steps: 5 follows 10: use increasing percentages, such as",
    ],
    [
      "a namespace's value",
      {},
      sourcesOf({ namespace: { interval: "5" } }),
      'namespace shop: serin.dev/interval: invalid value "5": use a duration with a unit, such as 90s or 5m',
    ],
    [
      "a profile's key",
      {},
      sourcesOf({ profile: { stepz: "10" } }),
      "profile slow: unknown key stepz; did you mean steps?",
    ],
    [
      "a namespace's key",
      {},
      sourcesOf({ namespace: { "on-failed": "undo" } }),
      "namespace shop: unknown annotation serin.dev/on-failed; did you mean serin.dev/on-failure?",
    ],
    ...["rollout", "promote", "abort", "retry"].map((name): [string, Given, DefaultSources, string] => [
      `${name} in a profile`,
      {},
      sourcesOf({ profile: { [name]: "1" } }),
      `profile slow: ${name}: not valid here: use it on a Deployment`,
    ]),
    [
      "a verb on a namespace",
      {},
      sourcesOf({ namespace: { promote: "1" } }),
      "namespace shop: serin.dev/promote: not valid here: use it on a Deployment",
    ],
    [
      "a profile of a profile",
      {},
      sourcesOf({ profile: { profile: "fast" } }),
      "profile slow: unknown key profile",
    ],
    [
      "what does not fit together",
      { "max-interval": "30s" },
      sourcesOf({ namespace: { interval: "1m" } }),
      "serin.dev/max-interval: shorter than serin.dev/interval: use at least 1m",
    ],
    [
      "a profile that does not exist",
      { profile: "slo" },
      { ...sourcesOf({}), profile: { name: "slo", others: ["fast", "slow"] } },
      "serin.dev/profile: profile slo not found; did you mean slow?",
    ],
    [
      "a namespace's profile that does not exist",
      {},
      { ...sourcesOf({ namespace: { profile: "quick" } }), profile: { name: "quick", others: [] } },
      "namespace shop: serin.dev/profile: profile quick not found: create a ConfigMap of that name in " +
        'Serin\'s namespace, labelled serin.dev/profile: "true"',
    ],
    [
      "a profile's name",
      { profile: "Slow" },
      sourcesOf({}),
      'serin.dev/profile: invalid value "Slow": use the name of a ConfigMap',
    ],
  ];
  for (const [what, own, sources, complaint] of wrong)
    it(`are refused with the place of ${what}`, () => {
      const lines = complaintsOf(own, sources);
      expect(lines).to.have.length(1);
      expect(lines[0]).to.satisfy((line: string) => line.startsWith(complaint), lines[0]);
    });

  it("do no harm where the Deployment says it itself", () => {
    expect(
      complaintsOf({ steps: "10" }, sourcesOf({ profile: { steps: "10, 5" }, namespace: { steps: "?" } })),
    ).to.be.empty;
  });

  it("opt nothing in, and say so", () => {
    const sources = sourcesOf({ namespace: { rollout: "canary" } });
    const created = admitCreate(aDeployment(), sources);
    expect(created.allowed && created.warnings).to.deep.equal([
      "namespace shop: serin.dev/rollout: a namespace cannot opt in: annotate each Deployment",
    ]);
  });
});
