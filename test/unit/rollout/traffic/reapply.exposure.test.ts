import { expect } from "chai";
import type { FieldMatch, Route, RouteRule } from "../../../../kube/core/routes.ts";
import { rulesOf } from "../../../../rollout/traffic/overlay.ts";
import { readIntent, reimpose } from "../../../../rollout/traffic/reapply.ts";
import { routeRecordOf } from "../../../../rollout/traffic/route-record.ts";
import { AT_NOON, aRoute } from "../../../support/builders.ts";
import { applied } from "../../../support/routes.ts";

const edited = (rules: readonly RouteRule[], from: Route): Route => ({
  ...from,
  spec: { ...from.spec, rules: [...rules] },
});
const plain = (rules: readonly RouteRule[]) => aRoute({ rules: [...rules] });

describe("a route written by others in flight, with testers, cookies and copies", () => {
  const shares = {
    uid: {
      namespace: "shop",
      canaryServices: { web: "web-canary" },
      weight: 10,
      since: AT_NOON,
      match: [{ headers: [{ type: "Exact" as const, name: "x-t", value: "1" }] }],
      sticky: { cookie: "serin-web", id: "r7", seconds: 60 },
      mirror: 20,
    },
  };
  const rules = [
    { matches: [{ headers: [{ name: "x-t", value: "1" }] }], backendRefs: [{ name: "web", port: 80 }] },
    { matches: [{ headers: [{ name: "x-u", value: "1" }] }], backendRefs: [{ name: "other", port: 80 }] },
    { filters: [{ type: "URLRewrite" }], backendRefs: [{ name: "web", port: 80 }] },
  ];
  const snapshot = applied(aRoute({ rules }), shares);
  const written = snapshot.spec.rules ?? [];
  const isAdded = (i: number) => routeRecordOf(snapshot)?.added?.includes(i) ?? false;
  const change = (matching: (rule: RouteRule, i: number) => boolean, edit: (rule: RouteRule) => RouteRule) =>
    edited(
      written.map((rule, i) => (matching(rule, i) ? edit(rule) : rule)),
      snapshot,
    );
  const timeout = (rule: RouteRule): RouteRule => ({ ...rule, timeouts: { request: "1s" } });
  const names = ({ backendRefs = [] }: RouteRule, name: string) =>
    backendRefs.some((ref) => ref.name === name);

  it("drops added rules, edited or not, and keeps the user's rule with the same matches", () => {
    expect(
      readIntent(
        change((rule, i) => isAdded(i) && names(rule, "web"), timeout),
        snapshot,
      ),
    ).to.deep.equal(rules);
    const own = change((rule, i) => !isAdded(i) && names(rule, "web"), timeout);
    expect(readIntent(own, snapshot)).to.deep.equal([
      timeout(rules[0] ?? {}),
      rules[1],
      timeout(rules[2] ?? {}),
    ]);
  });

  it("keeps an edited rule whose matches are those of two added rules", () => {
    const { sticky: _sticky, mirror: _mirror, ...testers } = { ...shares.uid, weight: 0 };
    const own = [
      { matches: [{ headers: [{ name: "x-t", value: "1" }] }], backendRefs: [{ name: "web", port: 80 }] },
      { backendRefs: [{ name: "web", port: 80 }] },
    ];
    const old = applied(aRoute({ rules: own }), { uid: testers });
    const stored = old.spec.rules ?? [];
    expect(routeRecordOf(old)?.added).to.deep.equal([0, 3]);
    const editedAt = (at: number) =>
      readIntent(
        edited(
          stored.map((rule, i) => (i === at ? timeout(rule) : rule)),
          old,
        ),
        old,
      );
    expect(editedAt(1)).to.deep.equal([timeout(own[0] ?? {}), own[1]]);
    for (const added of [0, 3]) expect(editedAt(added)).to.deep.equal(own);
  });

  it("keeps the user's rule, and its place, if an added one equals it", () => {
    const user = (name: string) => ({ name, value: "2" });
    const tester = { type: "Exact" as const, name: "x-t", value: "1" };
    const header = (...headers: FieldMatch[]) => [{ headers }];
    const to = (name: string) => [{ name, port: 80 }];
    const own = [
      { matches: header(user("x-u"), tester), backendRefs: to("other") },
      { matches: header(user("x-v")), backendRefs: to("more") },
      { matches: header(user("x-u")), backendRefs: to("other") },
      { backendRefs: to("web") },
    ];
    const { sticky: _sticky, mirror: _mirror, ...testers } = { ...shares.uid, weight: 0 };
    const old = applied(aRoute({ rules: own }), { uid: testers });
    const stored = old.spec.rules ?? [];
    expect(
      stored.filter((rule) => JSON.stringify(rule.matches) === JSON.stringify(own[0]?.matches)),
    ).to.have.length(2);
    const request = stored.map((rule, i) => (i === 1 ? timeout(rule) : rule));
    expect(readIntent(edited(request, old), old)).to.deep.equal([
      own[0],
      timeout(own[1] ?? {}),
      own[2],
      own[3],
    ]);
  });

  it("drops added rules of which a user left only the Service without weight", () => {
    const { sticky: _sticky, mirror: _mirror, ...testers } = { ...shares.uid, weight: 0 };
    const manifest = [{ backendRefs: [{ name: "web", port: 80 }] }];
    const old = applied(aRoute({ rules: manifest }), { uid: testers });
    const rest = (old.spec.rules ?? []).map(({ backendRefs = [], ...rule }) => ({
      ...rule,
      backendRefs: backendRefs.filter(({ name }) => name === "web"),
    }));
    expect(rest).to.have.lengthOf(2);
    expect(readIntent(edited(rest, old), old)).to.deep.equal(manifest);
  });

  it("answers the same if the API server asks again about an edited rule with added rules", () => {
    const requested = change((rule, i) => !isAdded(i) && names(rule, "other"), timeout);
    const stored = reimpose(requested, snapshot);
    expect(rulesOf(stored)).to.deep.equal([rules[0], timeout(rules[1] ?? {}), rules[2]]);
    expect(reimpose(stored, snapshot)).to.deep.equal(stored);
  });

  it("takes cookies and copies out of an edited rule, even one without its canary Service", () => {
    const without = change(
      (_rule, i) => !isAdded(i),
      (rule) => ({
        ...rule,
        ...(rule.backendRefs && {
          backendRefs: rule.backendRefs.filter(({ name }) => name !== "web-canary"),
        }),
      }),
    );
    const intent = readIntent(without, snapshot);
    expect(intent.map(({ matches: _matches, ...rule }) => rule)).to.deep.equal([
      { backendRefs: [{ name: "web", port: 80, weight: 9 }] },
      { backendRefs: [{ name: "other", port: 80 }] },
      { filters: [{ type: "URLRewrite" }], backendRefs: [{ name: "web", port: 80, weight: 9 }] },
    ]);
  });

  it("takes a manifest as it is, even one with a rule that equals an added one", () => {
    const company = written.filter((rule, i) => isAdded(i) && names(rule, "other"));
    expect(readIntent(plain([...rules, ...company]), snapshot)).to.deep.equal([...rules, ...company]);
  });
});
