import { expect } from "chai";
import type { Route, RouteRule } from "../../../../kube/core/routes.ts";
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
  const isOurs = (i: number) => routeRecordOf(snapshot)?.added?.includes(i) ?? false;
  const change = (matching: (rule: RouteRule, i: number) => boolean, edit: (rule: RouteRule) => RouteRule) =>
    edited(
      written.map((rule, i) => (matching(rule, i) ? edit(rule) : rule)),
      snapshot,
    );
  const timeout = (rule: RouteRule): RouteRule => ({ ...rule, timeouts: { request: "1s" } });
  const names = ({ backendRefs = [] }: RouteRule, name: string) =>
    backendRefs.some((ref) => ref.name === name);

  it("drops rules of ours, edited or not, and keeps the owner's that demands the same", () => {
    expect(
      readIntent(
        change((rule, i) => isOurs(i) && names(rule, "web"), timeout),
        snapshot,
      ),
    ).to.deep.equal(rules);
    const own = change((rule, i) => !isOurs(i) && names(rule, "web"), timeout);
    expect(readIntent(own, snapshot)).to.deep.equal([
      timeout(rules[0] ?? {}),
      rules[1],
      timeout(rules[2] ?? {}),
    ]);
  });

  it("drops rules of ours of which somebody has left only the Service without weight", () => {
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

  it("is asked again about its own answer to an edited rule that has company", () => {
    const requested = change((rule, i) => !isOurs(i) && names(rule, "other"), timeout);
    const stored = reimpose(requested, snapshot);
    expect(rulesOf(stored)).to.deep.equal([rules[0], timeout(rules[1] ?? {}), rules[2]]);
    expect(reimpose(stored, snapshot)).to.deep.equal(stored);
  });

  it("takes cookies and copies out of what the owner edits, also where he took the twin out", () => {
    const without = change(
      (_rule, i) => !isOurs(i),
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

  it("takes a manifest as it is, even one with a rule like that of ours", () => {
    const company = written.filter((rule, i) => isOurs(i) && names(rule, "other"));
    expect(readIntent(plain([...rules, ...company]), snapshot)).to.deep.equal([...rules, ...company]);
  });
});
