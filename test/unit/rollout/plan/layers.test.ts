import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { admitCreate, admitUpdate, changesTemplate } from "../../../../rollout/admission/admit.ts";
import { needsDefaultSources } from "../../../../rollout/admission/needs-layers.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { formatComplaints } from "../../../../rollout/plan/complaints.ts";
import { type DefaultSources, type Layer, outline, profileNamed } from "../../../../rollout/plan/layers.ts";
import type { Plan } from "../../../../rollout/plan/plan.ts";
import { type HoldRecord, holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { planOf } from "../../../../rollout/workload/plan-of.ts";
import { annotate, both, edit, inFlight, LATER } from "../../../support/ask.ts";
import { aDeployment, readsOf } from "../../../support/builders.ts";

type Given = Readonly<Record<string, string>>;

const keyed = (given: Given) =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [`serin.dev/${name}`, value]));
const placesOf = ({ namespace = {}, profile }: { namespace?: Given; profile?: Given }): DefaultSources => ({
  namespace: { name: "shop", annotations: keyed(namespace) },
  ...(profile && { profile: { name: "slow", values: profile } }),
});
const told = (own: Given, places: DefaultSources) => {
  const { parsed } = outline(keyed({ rollout: "canary", ...own }), places);
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
    const places = placesOf({
      namespace: { interval: "3m", "max-interval": "3h", "on-failure": "undo" },
      profile: { interval: "2m", "max-interval": "2h", steps: "2" },
    });
    const { parsed, layers } = outline(keyed({ rollout: "canary", interval: "1s" }), places);
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
    const own = outline(keyed({ rollout: "canary", ...shared }), placesOf({})).parsed;
    for (const places of [placesOf({ profile: shared }), placesOf({ namespace: shared })])
      expect(outline(keyed({ rollout: "canary" }), places).parsed).to.deep.equal(own);
  });

  it("that are for another strategy do not apply, and faulty ones are told all the same", () => {
    const shared = { steps: "5, 20", iterations: "3", sticky: "1h", interval: "2m" };
    const match = { match: "header x-canary=insider" };
    for (const [kind, own, applied] of [
      ["canary", {}, ["steps", "sticky", "interval"]],
      ["blue-green", {}, ["interval"]],
      ["ab-test", match, ["iterations", "interval"]],
    ] as const) {
      const { parsed, layers } = outline(keyed({ rollout: kind, ...own }), placesOf({ namespace: shared }));
      expect("plan" in parsed, kind).to.equal(true);
      expect(Object.keys(layers[0]?.values ?? {}), kind).to.deep.equal(applied);
    }
    expect(told({ rollout: "blue-green" }, placesOf({ profile: { steps: "no" } })).join()).to.contain(
      'profile slow: steps: invalid step "no"',
    );
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
      placesOf({ profile: { steps: "10, 5" } }),
      "profile slow: steps: 5 follows 10: use increasing percentages, such as",
    ],
    [
      "a namespace's value",
      {},
      placesOf({ namespace: { interval: "5" } }),
      'namespace shop: serin.dev/interval: invalid value "5": use a duration with a unit, such as 90s or 5m',
    ],
    [
      "a profile's key",
      {},
      placesOf({ profile: { stepz: "10" } }),
      "profile slow: unknown key stepz; did you mean steps?",
    ],
    [
      "a namespace's key",
      {},
      placesOf({ namespace: { "on-failed": "undo" } }),
      "namespace shop: unknown annotation serin.dev/on-failed; did you mean serin.dev/on-failure?",
    ],
    ...["rollout", "promote", "abort", "retry"].map((name): [string, Given, DefaultSources, string] => [
      `${name} in a profile`,
      {},
      placesOf({ profile: { [name]: "1" } }),
      `profile slow: ${name}: not valid here: use it on a Deployment`,
    ]),
    [
      "a verb on a namespace",
      {},
      placesOf({ namespace: { promote: "1" } }),
      "namespace shop: serin.dev/promote: not valid here: use it on a Deployment",
    ],
    [
      "a profile of a profile",
      {},
      placesOf({ profile: { profile: "fast" } }),
      "profile slow: unknown key profile",
    ],
    [
      "what does not fit together",
      { "max-interval": "30s" },
      placesOf({ namespace: { interval: "1m" } }),
      "serin.dev/max-interval: shorter than serin.dev/interval: use at least 1m",
    ],
    [
      "a profile that does not exist",
      { profile: "slo" },
      { ...placesOf({}), profile: { name: "slo", others: ["fast", "slow"] } },
      "serin.dev/profile: profile slo not found; did you mean slow?",
    ],
    [
      "a namespace's profile that does not exist",
      {},
      { ...placesOf({ namespace: { profile: "quick" } }), profile: { name: "quick", others: [] } },
      "namespace shop: serin.dev/profile: profile quick not found: create a ConfigMap of that name in " +
        'Serin\'s namespace, labelled serin.dev/profile: "true"',
    ],
    [
      "a profile's name",
      { profile: "Slow" },
      placesOf({}),
      'serin.dev/profile: invalid value "Slow": use the name of a ConfigMap',
    ],
  ];
  for (const [what, own, places, complaint] of wrong)
    it(`are refused with the place of ${what}`, () => {
      const lines = told(own, places);
      expect(lines).to.have.length(1);
      expect(lines[0]).to.satisfy((line: string) => line.startsWith(complaint), lines[0]);
    });

  it("do no harm where the Deployment says it itself", () => {
    expect(told({ steps: "10" }, placesOf({ profile: { steps: "10, 5" }, namespace: { steps: "?" } }))).to.be
      .empty;
  });

  it("opt nothing in, and say so", () => {
    const places = placesOf({ namespace: { rollout: "canary" } });
    const created = admitCreate(aDeployment(), places);
    expect(created.allowed && created.warnings).to.deep.equal([
      "serin: namespace shop: serin.dev/rollout: a namespace cannot opt in: annotate each Deployment",
    ]);
  });
});

describe("which requests need the defaults", () => {
  const withoutRecord = (deployment: Deployment): Deployment => {
    const { [HELD]: _held, ...annotations } = deployment.metadata.annotations ?? {};
    return { ...deployment, metadata: { ...deployment.metadata, annotations } };
  };
  const recordOf = (deployment: Deployment, change: Partial<HoldRecord>) => ({
    [HELD]: JSON.stringify({ ...holdRecordOf(deployment), ...change }),
  });
  const slow = { "serin.dev/profile": "slow" };
  const atRest = aDeployment({ annotations: slow });
  const flying = annotate(inFlight(), slow);
  const other = { ...atRest, metadata: { ...atRest.metadata, annotations: {} } };
  const cases: [string, boolean, Deployment, Deployment | null][] = [
    ["CREATE with the opt-in alone", false, aDeployment(), null],
    ["CREATE with a profile", true, atRest, null],
    ["CREATE without opt-in", false, other, null],
    ["a scale", false, edit(atRest, { replicas: 9 }), atRest],
    ["somebody else's annotation", false, annotate(atRest, { x: "y" }), atRest],
    ["a verb at rest", false, annotate(atRest, { "serin.dev/promote": "1" }), atRest],
    ["another plan", true, annotate(atRest, { "serin.dev/interval": "5s" }), atRest],
    ["a profile that goes", true, aDeployment(), atRest],
    ["another template", true, edit(atRest, {}, "web:2"), atRest],
    ["another template without opt-in", false, edit(other, {}, "web:2"), other],
    ["another plan in flight", false, annotate(flying, { "serin.dev/interval": "5s" }), flying],
    ["another profile in flight", true, annotate(flying, { "serin.dev/profile": "fast" }), flying],
    ["an abort in flight", false, annotate(flying, { "serin.dev/abort": "2" }), flying],
    ["a retry", true, annotate(flying, { "serin.dev/retry": "2" }), flying],
    [
      "our answer to a retry",
      true,
      annotate(flying, recordOf(flying, { started: "2026-01-02T00:00:00Z" })),
      flying,
    ],
    ["our answer to an abort", false, annotate(flying, recordOf(flying, { asked: "abort" })), flying],
    ["a manifest in flight", false, withoutRecord(flying), flying],
    ["somebody's own record", false, annotate(flying, { [HELD]: "x" }), flying],
  ];
  for (const [what, needs, requested, old] of cases)
    it(`${what}: ${needs ? "does" : "does not"}`, () =>
      expect(needsDefaultSources(requested, old)).to.equal(needs));
});

describe("the defaults of a rollout in flight", () => {
  const layers: readonly Layer[] = [{ from: "profile", name: "slow", values: { steps: "7" } }];
  const places = placesOf({ profile: { steps: "7" } });
  const revision2 = (object: Deployment) => annotate(object, { "deployment.kubernetes.io/revision": "2" });
  const flying = (held = {}) => revision2(inFlight({ held: { defaults: layers, ...held } }));
  const ask = (requested: Deployment, old: Deployment, found?: DefaultSources, reads = readsOf()) => {
    const another = changesTemplate(requested, old);
    const answer = admitUpdate(requested, old, another ? reads : undefined, LATER, found);
    if (!answer.allowed) throw new Error(answer.message);
    return answer;
  };

  it("are kept from the start, told, and decide its plan", () => {
    const { object, warnings } = ask(aDeployment({ image: "web:2" }), aDeployment(), places);
    expect(holdRecordOf(object)?.defaults).to.deep.equal(layers);
    expect(planOf(object).steps).to.deep.equal([{ kind: "weight", weight: 7, leastMs: 60_000 }]);
    expect(object.spec.strategy?.rollingUpdate?.maxSurge).to.equal("7%");
    expect(warnings.join()).to.contain("canary 7 %").and.to.contain("profile slow");
  });

  it("are not there at rest, nor where there is none", () => {
    const { object } = ask(annotate(aDeployment(), { "serin.dev/profile": "slow" }), aDeployment(), places);
    expect(object.metadata.annotations).not.to.have.property(HELD);
    const begun = ask(aDeployment({ image: "web:2" }), aDeployment(), placesOf({})).object;
    expect(holdRecordOf(begun)).not.to.have.property("defaults");
  });

  it("stay when the manifest comes again, when the plan changes, and when another profile is named", () => {
    const old = flying();
    expect(holdRecordOf(ask({ ...old }, old).object)?.defaults).to.deep.equal(layers);
    const slower = ask(annotate(old, { "serin.dev/interval": "5m" }), old).object;
    expect(planOf(slower).steps).to.deep.equal([{ kind: "weight", weight: 7, leastMs: 300_000 }]);
    const fast = { ...places, profile: { name: "fast", values: { steps: "90" } } };
    const renamed = ask(annotate(old, { "serin.dev/profile": "fast" }), old, fast);
    expect(holdRecordOf(renamed.object)?.defaults).to.deep.equal(layers);
    expect(renamed.warnings.join()).to.contain("serin.dev/profile counts from the next rollout on");
  });

  it("stay through an undo that replaces the annotations", () => {
    const old = flying();
    const { object } = ask(
      {
        ...edit(old, { template: aDeployment().spec.template }),
        metadata: { ...old.metadata, annotations: {} },
      },
      old,
      undefined,
      both,
    );
    expect(holdRecordOf(object)).to.deep.include({ phase: "undone", defaults: layers });
    expect(planOf(object).steps).to.have.length(1);
  });

  it("are those of now for the next version, latched or not, and for a retry", () => {
    const next = placesOf({ namespace: { steps: "9" } });
    const expected = [{ from: "namespace", name: "shop", values: { steps: "9" } }];
    for (const phase of ["canary", "failed", "undone", "promoting"] as const) {
      const { object } = ask(edit(flying({ phase }), {}, "web:3"), flying({ phase }), next, both);
      expect(holdRecordOf(object), phase).to.deep.include({ phase: "canary", defaults: expected });
    }
    const failed = flying({ phase: "failed" });
    const retried = ask(annotate(failed, { "serin.dev/retry": "2" }), failed, next).object;
    expect(holdRecordOf(retried)).to.deep.include({ started: LATER, defaults: expected });
    expect(holdRecordOf(ask(retried, failed, next).object), "reinvoked").to.deep.equal(holdRecordOf(retried));
  });

  it("name their place when they do not fit what the Deployment says now", () => {
    const old = flying({ defaults: [{ from: "namespace", name: "shop", values: { "max-interval": "1m" } }] });
    const answer = admitUpdate(annotate(old, { "serin.dev/interval": "5m" }), old, undefined, LATER);
    expect(answer.allowed ? "" : answer.message).to.contain(
      "namespace shop: serin.dev/max-interval: shorter than serin.dev/interval: use at least 5m",
    );
  });
});
