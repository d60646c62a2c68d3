import { expect } from "chai";
import { annotations } from "../../../../rollout/plan/annotations.ts";
import type { Check } from "../../../../rollout/plan/checks.ts";
import { compareDefaults } from "../../../../rollout/plan/compare.ts";
import { formatComplaints } from "../../../../rollout/plan/complaints.ts";
import { describePlan } from "../../../../rollout/plan/describe.ts";
import { isOptedIn, parsePlan } from "../../../../rollout/plan/plan.ts";
import type { Step } from "../../../../rollout/plan/steps.ts";
import { complaintsOf, type Given, pause, planOf, weight } from "../../../support/plans.ts";

describe("plan", () => {
  it("needs one annotation only", () => {
    expect(planOf({})).to.deep.equal({
      strategy: "canary",
      size: { kind: "weight" },
      steps: [weight(10), weight(25), weight(50)],
      intervalMs: 60_000,
      maxIntervalMs: 600_000,
      checks: [],
      checksAreDefault: true,
      compare: compareDefaults,
      metrics: "gateway",
      variables: {},
      hooks: [],
      onFailure: "hold",
      restart: "native",
      rollback: "native",
      track: "on",
      orders: {},
    });
  });

  it("is opted in by the key alone", () => {
    expect(isOptedIn({ "serin.dev/rollout": "nonsense" })).to.equal(true);
    expect(isOptedIn({ "serin.dev/steps": "10" })).to.equal(false);
    expect(isOptedIn(undefined)).to.equal(false);
  });

  it("has only valid defaults and examples", () => {
    for (const { key, example, ...row } of Object.values(annotations)) {
      for (const text of [example, "default" in row ? row.default : example]) {
        expect(row.parse(text), `${key}: ${text}`).to.have.property("value");
      }
    }
  });

  const steps: readonly [string, readonly Step[]][] = [
    ["50", [weight(50)]],
    [" 0.5,10:5m , 100", [weight(0.5), weight(10, 300_000), weight(100)]],
    ["10, pause, 50, pause", [weight(10), pause, weight(50), pause]],
    ["0.01, 99.99", [weight(0.01), weight(99.99)]],
  ];
  for (const [text, expected] of steps) {
    it(`reads the steps ${text}`, () => expect(planOf({ steps: text }).steps).to.deep.equal(expected));
  }

  it("gives steps without a time the interval", () => {
    const plan = planOf({ steps: "10, 20:1s", interval: "90s" });
    expect(plan.steps).to.deep.equal([weight(10, 90_000), weight(20, 1_000)]);
  });

  it("stretches the default longest interval to a longer interval", () => {
    expect(planOf({ interval: "20m" }).maxIntervalMs).to.equal(1_200_000);
  });

  const percentile = (quantile: number, limit: number, text: string): Check => {
    return { metric: "percentile", quantile, op: text.includes("<=") ? "<=" : "<", limit, text };
  };
  const checks: readonly [string, readonly Check[]][] = [
    ["none", []],
    ["p99<=500ms", [percentile(0.99, 0.5, "p99 <= 500ms")]],
    [
      "p99.9 < 1.5s, p50 <= 5ms",
      [percentile(0.999, 1.5, "p99.9 < 1.5s"), percentile(0.5, 0.005, "p50 <= 5ms")],
    ],
    [
      "success-rate > 99.90%",
      [{ metric: "success-rate", op: ">", limit: 0.999, text: "success-rate > 99.9%" }],
    ],
  ];
  for (const [text, expected] of checks) {
    it(`reads the checks ${text}`, () => {
      const plan = planOf({ checks: text });
      expect(plan.checks).to.deep.equal(expected);
      expect(plan.checksAreDefault).to.equal(false);
    });
  }

  it("reads names and orders", () => {
    const plan = planOf({ services: "web, api", routes: "web, edge/my.route", retry: "7" });
    expect(plan.services).to.deep.equal(["web", "api"]);
    expect(plan.routes).to.deep.equal([{ name: "web" }, { namespace: "edge", name: "my.route" }]);
    expect(plan.orders).to.deep.equal({ retry: 7 });
  });

  const wrong: readonly [string, string, string][] = [
    ["rollout", "true", "invalid value"],
    ["rollout", "Canary", "invalid value"],
    ["iterations", "3", "canary does not use this annotation"],
    ["match", "insider", 'invalid condition "insider"'],
    ["mirror", "0%", 'invalid value "0%": use a whole percentage from 1% to 100%'],
    ["mirror", "12.5%", 'invalid value "12.5%"'],
    ["mirror", "101", 'invalid value "101"'],
    ["sticky", "500ms", 'invalid value "500ms": use at least 1s'],
    ["size", "120%", 'invalid value "120%": use at most 100%'],
    ["size", "half", 'invalid value "half": use weight, a number of pods (3) or a percentage (50%)'],
    ["steps", "", "empty item"],
    ["steps", "pause", "no percentage"],
    ["steps", "10, 5", "5 follows 10: use increasing percentages"],
    ["steps", "10, 10", "10 is there twice"],
    ["steps", "0", 'invalid step "0": use a percentage above 0'],
    ["steps", "101", 'invalid step "101": use a percentage above 0 and up to 100'],
    ["steps", "1.234", 'invalid step "1.234"'],
    ["steps", "10%", 'invalid step "10%": use a percentage without its sign'],
    ["steps", "10:5", 'invalid step "10:5": use a duration with a unit'],
    ["steps", "10:1m:1m", 'invalid step "10:1m:1m"'],
    ["steps", "10, pause, pause", "two pauses in a row"],
    ["steps", Array.from({ length: 21 }, (_, i) => i + 1).join(), "21 items: use at most 20"],
    ["interval", "60", 'invalid value "60": use a duration with a unit'],
    ["interval", "500ms", "use at least 1s"],
    ["interval", "1000h", "use at most 168h"],
    ["max-interval", "30s", "shorter than serin.dev/interval: use at least 1m"],
    ["checks", "p99 <= 500", 'invalid condition "p99 <= 500": add the unit ms or s'],
    ["checks", "success-rate >= 99", "add the unit %"],
    ["checks", "success-rate <= 99%", 'only a failing canary passes "success-rate <= 99%": use >= or >'],
    ["checks", "success-rate > 100%", 'the answer to "success-rate > 100%" is always the same'],
    ["checks", "p99 >= 1s", "only a slow canary passes"],
    ["checks", "p99 < 0ms", 'no canary passes "p99 < 0ms"'],
    ["checks", "p100 < 1s", 'unknown metric "p100"'],
    ["checks", "p42 < 1s", 'unknown metric "p42"'],
    ["checks", "p99 < 1s, p99 < 2s", "duplicate p99: name each once"],
    ["checks", "none, p99 < 1s", 'invalid condition "none"'],
    ["on-failure", "rollback", "invalid value"],
    ["services", "Web", 'invalid name "Web"'],
    ["services", "web, web", "duplicate web"],
    ["routes", "a/b/c", 'invalid name "a/b/c"'],
    ["restart", "", "invalid value"],
    ["abort", "-1", "use a revision number"],
    ["promote", "1e3", "use a revision number"],
    ["isolate", "false", "not valid here: use it on a Service"],
    ["steps", "1".repeat(5_000), "5000 characters: use at most 4096"],
  ];
  for (const [name, value, problem] of wrong) {
    it(`complains about ${name}: ${JSON.stringify(value.slice(0, 40))}`, () => {
      const complaints = complaintsOf({ [name]: value });
      expect(complaints.map(({ key }) => key)).to.deep.equal([`serin.dev/${name}`]);
      expect(formatComplaints(complaints).startsWith(`serin.dev/${name}: `)).to.equal(true);
      expect(formatComplaints(complaints)).to.contain(problem);
    });
  }

  it("names the key that was meant", () => {
    const told = (given: Given) => formatComplaints(complaintsOf(given));
    expect(told({ stpes: "10" })).to.equal(
      "unknown annotation serin.dev/stpes; did you mean serin.dev/steps?",
    );
    expect(told({ "on-failed": "undo" })).to.contain("did you mean serin.dev/on-failure?");
    expect(told({ zebra: "10" })).to.equal(
      "unknown annotation serin.dev/zebra: remove it or correct its name",
    );
  });

  it("passes over Serin's own keys and everybody else's", () => {
    expect(complaintsOf({ held: "{}", run: "{}" })).to.deep.equal([]);
    expect(parsePlan({ "serin.dev/rollout": "canary", "example.com/steps": "x" })).to.have.property("plan");
  });

  it("finds five mistakes at once", () => {
    const five = { steps: "10, 5", interval: "1x", checks: "p99 < 1", retry: "no", stepps: "10" };
    expect(complaintsOf(five)).to.have.length(5);
  });

  it("writes complaints that a terminal can show", () => {
    expect(formatComplaints(complaintsOf({ steps: "10, 5" }))).to.equal(
      'serin.dev/steps: 5 follows 10: use increasing percentages, such as "0.5, 10:5m, pause, 50"',
    );
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x${i}`, "\u001b[31m"]));
    const lines = formatComplaints(complaintsOf(many)).split("\n");
    expect(lines).to.have.length(21);
    expect(lines.join("")).not.to.contain("\u001b");
  });

  it("has a check of its own only where nothing is compared and none is given", () => {
    const checks = (given: Given) => planOf(given).checks.map(({ text }) => text);
    expect(checks({ compare: "off" })).to.deep.equal(["success-rate >= 99%"]);
    expect(checks({ compare: "off", checks: "none" })).to.deep.equal([]);
    expect(checks({ compare: "tolerance=2" })).to.deep.equal([]);
    expect(planOf({ compare: "tolerance=2" }).compare).to.deep.equal({ ...compareDefaults, tolerance: 2 });
  });

  it("describes itself in one line", () => {
    expect(describePlan(planOf({}))).to.equal("canary 10→25→50 %, at least 3 min; compared with stable");
    expect(describePlan(planOf({ checks: "p99 <= 500ms" }))).to.equal(
      "canary 10→25→50 %, at least 3 min; compared with stable; checks p99 <= 500ms",
    );
    expect(describePlan(planOf({ steps: "50, 100" })), "nobody is left to compare with").to.equal(
      "canary 50→100 %, at least 2 min; compared with stable below 100 %; checks success-rate >= 99% at 100 %; 4xx answers at 100 % compared with those before the rollout",
    );
    expect(describePlan(planOf({ steps: "50, 100", checks: "p99 <= 500ms" }))).to.equal(
      "canary 50→100 %, at least 2 min; compared with stable below 100 %; checks p99 <= 500ms; 4xx answers at 100 % compared with those before the rollout",
    );
    expect(describePlan(planOf({ steps: "100" }))).to.equal(
      "canary 100 %, at least 1 min; checks success-rate >= 99%; 4xx answers at 100 % compared with those before the rollout",
    );
    for (const given of [{ compare: "off" }, { checks: "queue <= 5" }, { checks: "none" }])
      expect(describePlan(planOf({ steps: "100", ...given }))).not.to.contain("4xx");
    expect(describePlan(planOf({ compare: "off" }))).to.equal(
      "canary 10→25→50 %, at least 3 min; checks success-rate >= 99%",
    );
    expect(describePlan(planOf({ steps: "5:30s, pause, 50", checks: "none", compare: "off" }))).to.equal(
      "canary 5→pause→50 %, at least 1 min 30 s; no checks but the health of the pods",
    );
  });

  it("claims no comparison and no check where nothing counts the requests", () => {
    const begin =
      "canary 10→25→50 %, at least 3 min; not compared, because no route names a Service of these pods; ";
    const onlyHealth = `${begin}no checks but the health of the pods`;
    expect(describePlan(planOf({}), true)).to.equal(onlyHealth);
    expect(describePlan(planOf({ compare: "off" }), true)).to.equal(onlyHealth);
    expect(describePlan(planOf({ checks: "queue <= 5, p99 <= 1s" }), true)).to.equal(
      `${begin}checks queue <= 5`,
    );
  });

  it("compares at 100 as well where no route splits the traffic, and the application counts", () => {
    expect(describePlan(planOf({ steps: "50, 100", metrics: "application" }), true)).to.equal(
      "canary 50→100 %, at least 2 min; compared with stable",
    );
  });
});
