import { expect } from "chai";
import type { BackendRef, HeaderModifier, RouteFilter } from "../../../../kube/core/routes.ts";
import { literal } from "../../../../rollout/text/literal.ts";
import { touchesCookies, withCookie, withoutCookie } from "../../../../rollout/traffic/sticky.ts";

const sticky = { cookie: "serin-web", id: "r7", seconds: 3600 };
const cookie = {
  name: "Set-Cookie",
  value: "serin-web=r7-canary; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax",
};
const modifier = (responseHeaderModifier: HeaderModifier) => ({
  type: "ResponseHeaderModifier",
  responseHeaderModifier,
});
const request = {
  type: "RequestHeaderModifier",
  requestHeaderModifier: { set: [{ name: "x", value: "1" }] },
};
const ref = (filters?: readonly RouteFilter[]): BackendRef => ({
  name: "web",
  port: 80,
  ...(filters && { filters }),
});

describe("cookies that keep a version", () => {
  const merged: [what: string, BackendRef, readonly RouteFilter[]][] = [
    ["a backend without filters", ref(), [modifier({ add: [cookie] })]],
    ["one with filters of other kinds", ref([request]), [request, modifier({ add: [cookie] })]],
    [
      "one that sets headers",
      ref([modifier({ set: [{ name: "x", value: "1" }], remove: ["y"] }), request]),
      [modifier({ set: [{ name: "x", value: "1" }], remove: ["y"], add: [cookie] }), request],
    ],
    [
      "one that adds headers",
      ref([modifier({ add: [{ name: "x", value: "1" }] })]),
      [modifier({ add: [{ name: "x", value: "1" }, cookie] })],
    ],
  ];
  for (const [what, before, filters] of merged) {
    it(`are set by ${what}, and taken off to the letter`, () => {
      const after = withCookie(before, sticky, "canary");
      expect(after).to.deep.equal({ ...before, filters });
      expect(withoutCookie(after, sticky)).to.deep.equal(before);
      expect(
        withoutCookie(withCookie(before, sticky, "stable"), { ...sticky, id: "r6" }),
        "of any rollout",
      ).to.deep.equal(before);
    });
  }

  it("is never added next to the user's own, which the Gateway API would refuse", () => {
    for (const field of [
      { add: [{ name: "set-cookie", value: "a=b" }] },
      { set: [{ name: "Set-Cookie", value: "a=b" }] },
      { remove: ["SET-COOKIE"] },
    ]) {
      const own = ref([modifier(field)]);
      expect(withCookie(own, sticky, "canary")).to.deep.equal(own);
      expect(withoutCookie(own, sticky)).to.deep.equal(own);
      expect(touchesCookies(own.filters)).to.equal(true);
    }
    expect(touchesCookies([request, modifier({ add: [{ name: "Cookie", value: "1" }] })])).to.equal(false);
    expect(touchesCookies(undefined)).to.equal(false);
  });

  it("leave the user's empty filter where it was", () => {
    const empty = ref([modifier({})]);
    expect(withoutCookie(empty, sticky)).to.deep.equal(empty);
  });

  it("are named by text, not by an expression", () => {
    const text = ".*+?^$(){}|[]\\a-b";
    expect(text).to.match(new RegExp(`^${literal(text)}$`));
  });
});
