import { expect } from "chai";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { annotate, both, edit, inFlight, no, yes } from "../../../support/ask.ts";
import { aRoute, NOON, readsOf } from "../../../support/builders.ts";
import { carrying } from "../../../support/rollout.ts";

const old = inFlight();
const next = edit(old, {}, "web:3");
const policy = {
  kind: "SecurityPolicy",
  namespace: "shop",
  name: "login",
  targets: [{ kind: "HTTPRoute", by: "web", section: "calls" }],
};
const named = aRoute({ rules: [{ name: "calls", backendRefs: [{ name: "web", port: 80 }] }] });
/** The cluster while `web:2` has its share of this route. */
const during = (route = aRoute(), more = {}) =>
  readsOf({ replicaSets: both.replicaSets, routes: [carrying(route, 10, NOON)], ...more });

describe("a version that supersedes another one", () => {
  it("is refused for what would refuse it at rest", () => {
    expect(no(annotate(next, { "serin.dev/services": "other" }), old, both)).to.match(
      /^serin.dev\/services: no Service "other" selects these pods/,
    );
    const policies = { found: [{ ...policy, targets: [{ kind: "Service", by: "web" }] }], unread: [] };
    expect(no(next, old, during(aRoute(), { policies }))).to.match(
      /^Service web: SecurityPolicy login applies to it, and not to its canary Service web-canary/,
    );
    const tested = annotate(next, { "serin.dev/match": "header x-a=1" });
    expect(no(tested, old, during(named, { policies: { found: [policy], unread: [] } }))).to.match(
      /^serin.dev\/match: SecurityPolicy login names rule "calls" of HTTPRoute shop\/web/,
    );
  });

  it("is told of the policies that Serin cannot list, and does not count the share of the version before it", () => {
    const policies = { found: [], unread: ["Serin cannot list x: no"] };
    expect(yes(next, old, during(aRoute(), { policies })).warnings).to.include(
      "policies that name a Service may not apply to its canary Service: Serin cannot list x: no",
    );
    // The Gateway API allows 16 backends in a rule.
    const backends = Array.from({ length: 14 }, (_, i) => ({ name: `other${i}`, port: 80 }));
    const full = during(aRoute({ backends: [{ name: "web", port: 80 }, ...backends] }));
    expect(holdRecordOf(yes(next, old, full).object)?.latched).to.equal(true);
  });

  it("is told of a long row of versions without a verdict, which a verdict ends", () => {
    const row = (object: typeof old) => holdRecordOf(object)?.row;
    const told = (warnings: readonly string[]) => warnings.filter((one) => one.includes("in a row"));
    const answers = [yes(next, old, both)];
    for (const image of ["web:4", "web:5"]) {
      const before = answers.at(-1)?.object ?? old;
      answers.push(yes(edit(before, {}, image), before, both));
    }
    expect(answers.map(({ object }) => row(object))).to.deep.equal([1, 2, 3]);
    expect(answers.map(({ warnings }) => told(warnings).length)).to.deep.equal([0, 0, 1]);
    expect(told(answers[2]?.warnings ?? [])).to.deep.equal([
      "3 versions in a row were superseded before a verdict, so none of them was promoted: release less often, or use shorter steps",
    ]);
    const failed = inFlight({ held: { phase: "failed", row: 4 } });
    expect(row(yes(edit(failed, {}, "web:3"), failed, both).object)).to.equal(undefined);
  });

  it("is not asked about when the stable version comes back", () => {
    const policies = { found: [{ ...policy, targets: [{ kind: "Service", by: "web" }] }], unread: [] };
    const back = yes(edit(old, {}, "web:1"), old, during(aRoute(), { policies }));
    expect(holdRecordOf(back.object)?.phase).to.equal("undone");
  });
});

describe("rules that a plan gets in flight", () => {
  const why =
    "this version began without it, and Serin checks routes and policies for it before a version begins";
  const use = "apply it together with the next template, or after this rollout";

  it("are refused, because nothing has asked gateways and policies about them", () => {
    for (const [key, value] of [
      ["serin.dev/match", "header x-a=1"],
      ["serin.dev/sticky", "1h"],
    ] as const) {
      expect(no(annotate(old, { [key]: value }), old, both)).to.equal(`${key}: ${why}: ${use}`);
      const failed = inFlight({ held: { phase: "failed" } });
      expect(no(annotate(failed, { [key]: value }), failed, both)).to.equal(`${key}: ${why}: ${use}`);
    }
  });

  it("come with the next template, change, and go at any time", () => {
    const tested = annotate(old, { "serin.dev/match": "header x-a=1" });
    expect(yes(edit(tested, {}, "web:3"), old, during()).object.spec.paused).to.equal(true);
    expect(yes(annotate(tested, { "serin.dev/match": "header x-a=2" }), tested, both).warnings).to.deep.equal(
      [],
    );
    expect(yes(old, tested, both).warnings).to.deep.equal([]);
    const undone = inFlight({ held: { phase: "undone" } });
    expect(yes(annotate(undone, { "serin.dev/match": "header x-a=1" }), undone, both).warnings).to.deep.equal(
      [],
    );
  });
});
