import { expect } from "chai";
import { allowed, denied } from "../../../../rollout/admission/answer.ts";
import { checkHookHosts } from "../../../../rollout/admission/hook-hosts.ts";
import { forbidden, hookHostsOf } from "../../../../rollout/hooks/hosts.ts";
import { type Hook, parseHooks } from "../../../../rollout/plan/hooks.ts";
import { AT_NOON, aDeployment } from "../../../support/builders.ts";

function hookTo(url: string): Hook {
  const parsed = parseHooks(JSON.stringify([{ name: "smoke", url }]));
  if ("value" in parsed && parsed.value[0] !== undefined) return parsed.value[0];
  throw new Error(`no hook to ${url}`);
}

describe("the hosts that hooks may call", () => {
  const rows: readonly (readonly [url: string, allowed: readonly string[], may: boolean])[] = [
    ["http://tester.test/", [], false],
    ["http://tester.test/", ["tester.test"], true],
    ["http://Tester.Test:8080/x", ["tester.test"], true],
    ["http://tester.test:8080/", ["tester.test:80"], false],
    ["http://tester.test/", ["tester.test:80"], true],
    ["https://tester.test/", ["tester.test:443"], true],
    ["http://a.test.svc.cluster.local/", ["*.test.svc.cluster.local"], true],
    ["http://a.b.test.svc/", ["*.test.svc"], true],
    ["http://test.svc/", ["*.test.svc"], false],
    ["http://eviltest.svc/", ["*.test.svc"], false],
    ["http://tester.test.evil/", ["tester.test"], false],
    ["http://tester.test./", ["tester.test"], false],
    ["http://10.0.0.1/", ["*"], true],
    ["http://10.0.0.1:81/", ["*:80"], false],
    ["http://0x0a.1/", ["10.0.0.1"], true],
    ["http://[::1]:8080/", ["[::1]:8080"], true],
    ["http://[::1]/", ["tester.test"], false],
  ];
  for (const [url, allowed, may] of rows) {
    it(`${allowed.join(" ") || "none"} ${may ? "let" : "keep"} a hook call ${url}`, () => {
      expect(forbidden(hookTo(url), hookHostsOf(allowed)) === undefined).to.equal(may);
    });
  }

  it("are named in the refusal", () => {
    expect(forbidden(hookTo("http://a.test:81/"), hookHostsOf(["b.test", "*.c:80"]))).to.equal(
      'hook "smoke": host a.test:81 is not allowed: use a host that Serin\'s administrator allows (--hook-host): b.test, *.c:80',
    );
  });

  it("are no addresses, patterns in the middle or anything else", () => {
    for (const text of [
      "",
      "http://tester.test",
      "a.*.test",
      "*.[::1]",
      "tester.test:99999",
      "tester.test/x",
      "**",
    ]) {
      expect(() => hookHostsOf([text]), text).to.throw("--hook-host: invalid value");
    }
  });
});

describe("admission of hooks", () => {
  const key = "serin.dev/hooks";
  const held = (started: string, phase: string) => ({
    "serin.dev/held": JSON.stringify({ started, phase, stable: "1", originals: {} }),
  });
  const later = AT_NOON.replace("T12", "T13");
  const none = aDeployment();
  const some = aDeployment({ annotations: { [key]: "a" } });
  const rows = [
    ["new hooks", some, none, "denied"],
    ["hooks of a new Deployment", some, null, "denied"],
    ["the same hooks at rest", some, some, "allowed"],
    [
      "a rollout with the same hooks",
      aDeployment({ annotations: { [key]: "a", ...held(AT_NOON, "canary") } }),
      some,
      "denied",
    ],
    [
      "the same hooks in flight",
      aDeployment({ annotations: { [key]: "a", ...held(AT_NOON, "canary") } }),
      aDeployment({ annotations: { [key]: "a", ...held(AT_NOON, "canary") } }),
      "allowed",
    ],
    [
      "a retry",
      aDeployment({ annotations: { [key]: "a", ...held(later, "canary") } }),
      aDeployment({ annotations: { [key]: "a", ...held(AT_NOON, "failed") } }),
      "denied",
    ],
    [
      "an undo that brings other hooks",
      aDeployment({ annotations: { [key]: "b", ...held(AT_NOON, "undone") } }),
      aDeployment({ annotations: { [key]: "a", ...held(AT_NOON, "canary") } }),
      "allowed",
    ],
  ] as const;
  for (const [what, object, old, verdict] of rows) {
    it(`${what}: ${verdict} where their host is not`, () => {
      const hooks = () => [hookTo("http://tester.test/")];
      const answer = checkHookHosts(allowed(object), old, hooks, []);
      expect(answer.allowed).to.equal(verdict === "allowed");
      if (!answer.allowed)
        expect(answer.message).to.match(
          /^serin\.dev\/hooks: hook "smoke": host tester\.test is not allowed: /,
        );
      expect(checkHookHosts(allowed(object), old, hooks, hookHostsOf(["*"])).allowed).to.equal(true);
    });
  }

  it("says nothing to what is refused already", () => {
    const refusal = denied("no");
    expect(checkHookHosts(refusal, null, () => [hookTo("http://tester.test/")], [])).to.equal(refusal);
  });
});
