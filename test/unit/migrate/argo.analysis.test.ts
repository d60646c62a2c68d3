import { expect } from "chai";
import { filled } from "../../../migrate/argo/arguments.ts";
import { limitsOfFailure, limitsOfSuccess } from "../../../migrate/argo/condition.ts";
import { analysis, canary, prometheus, rollout, template } from "./argo-rollouts.ts";
import { annotationsOf, converted, fileOf, saidOf } from "./canaries.ts";

describe("convert: the analyses of a Rollout of Argo Rollouts", () => {
  it("carries metrics as templates, with their arguments and limits", () => {
    const found = converted([
      rollout(
        canary(
          [
            { setWeight: 10 },
            {
              analysis: {
                ...analysis,
                args: [
                  { name: "service", value: "web-preview" },
                  { name: "error-code", value: "5.." },
                ],
              },
            },
          ],
          {
            canaryService: "web-preview",
            stableService: "web",
          },
        ),
      ),
      template(
        [
          {
            name: "errors",
            interval: "2m",
            successCondition: "result[0] <= 0.05",
            failureCondition: "result[0] >= 0.2",
            failureLimit: 3,
            provider: prometheus('sum(rate(r{svc="{{args.service}}",code=~"{{ args.error-code }}"}[2m]))'),
          },
          {
            name: "p99",
            successCondition: "isNaN(result[0]) || result[0] < 2",
            provider: prometheus('max(x{pod=~"{{args.service}}.*"})'),
          },
        ],
        { args: [{ name: "service" }, { name: "error-code" }] },
      ),
    ]);
    expect(annotationsOf(found)["serin.dev/checks"]).to.equal("errors <= 0.05, metric-p99 < 2");
    const [errors] = fileOf(found, "templates.yaml") as readonly { data: object }[];
    expect(errors?.data).to.deep.equal({
      interval: "2m",
      variables: "error_code: 5..\n",
      query: 'sum(rate(r{svc="{{ service }}-canary",code=~"{{ variables.error_code }}"}[2m]))',
    });
  });

  it("fills arguments into conditions and domain names, and needs only those that a metric uses", () => {
    const args = [
      { name: "service", value: "web-canary.shop.svc.cluster.local" },
      { name: "least", value: "0.99" },
    ];
    const found = converted([
      rollout(canary([{ setWeight: 10 }], { canaryService: "web-canary", analysis: { ...analysis, args } })),
      template(
        [
          {
            name: "good",
            successCondition: "result[0] >= {{args.least}}",
            provider: prometheus('good{host="{{args.service}}"}'),
          },
        ],
        {
          args: [
            { name: "service" },
            { name: "least", value: "0.95" },
            { name: "token", valueFrom: { secretKeyRef: { name: "a", key: "b" } } },
          ],
        },
      ),
    ]);
    expect(annotationsOf(found)["serin.dev/checks"]).to.equal("good >= 0.99");
    const [good] = fileOf(found, "templates.yaml") as readonly { data: object }[];
    expect(good?.data).to.deep.equal({ query: 'good{host="{{ service }}-canary.shop.svc.cluster.local"}' });
  });

  it("leaves out what only runs dry, and names what it cannot ask", () => {
    const metric = (name: string, rest: object) => ({ name, successCondition: "result <= 1", ...rest });
    const found = converted([
      rollout(canary([{ setWeight: 10 }], { analysis })),
      template(
        [
          metric("dry", { provider: prometheus("q") }),
          metric("job", { provider: { job: {} } }),
          metric("text", { successCondition: 'result == "ok"', provider: prometheus("q") }),
          metric("hash", { provider: prometheus('q{hash="{{args.hash}}"}') }),
          metric("web", {
            provider: { web: { url: "https://example.test/rate?x=1", jsonPath: "{$.data.items[0].rate}" } },
          }),
          metric("post", { provider: { web: { url: "https://example.test/", method: "POST" } } }),
        ],
        {
          dryRun: [{ metricName: "dry" }],
          args: [{ name: "hash", valueFrom: { podTemplateHashValue: "Latest" } }],
        },
      ),
    ]);
    expect(annotationsOf(found)["serin.dev/checks"]).to.equal("web <= 1");
    const lost = saidOf(found, "not").join("\n");
    for (const part of [
      "metric job: Serin has no provider job",
      'result == "ok"',
      "is the hash of a version",
      "Serin sends a plain GET: not POST",
    ])
      expect(lost).to.contain(part);
    expect(saidOf(found, "differs").join("\n")).to.contain("metric dry is left out");
  });

  it("asks for no provider of a template that is not there", () => {
    const query = prometheus('{{ printf "%s" "a" }}');
    const found = converted([
      rollout(canary([{ setWeight: 10 }], { analysis })),
      template([{ name: "cut", successCondition: "result <= 1", provider: query }]),
    ]);
    expect(saidOf(found, "not").join("\n")).to.contain("functions and conditions do not work");
    expect(saidOf(found, "admin")).to.deep.equal([]);
  });

  it("reads a number out of JSON by a pointer", () => {
    const found = converted([
      rollout(canary([{ setWeight: 10 }], { analysis })),
      template([
        {
          name: "rate",
          successCondition: "result <= 1",
          provider: { web: { url: "https://example.test/rate?x=1", jsonPath: "{$.data.items[0].rate}" } },
        },
      ]),
    ]);
    const [rate] = fileOf(found, "templates.yaml") as readonly { data: object }[];
    expect(rate?.data).to.deep.equal({ source: "http", query: "rate?x=1#/data/items/0/rate" });
    expect(saidOf(found, "admin").join("\n")).to.contain("provider: http, address: https://example.test");
  });

  it("says of an argument with the name of a method that it has no value", () => {
    const { missing } = filled("up{{args.toString}}", { variables: {}, gaps: {}, problems: {} });
    expect(missing).to.deep.equal(["the argument toString has no value"]);
  });

  it("reads limits out of conditions, and no other expression", () => {
    expect(limitsOfSuccess("result[0] >= 0.95")).to.deep.equal([">= 0.95"]);
    expect(limitsOfSuccess("len(result) == 0 || result[0] >= 0.95 && result[0] <= 1")).to.deep.equal([
      ">= 0.95",
      "<= 1",
    ]);
    expect(limitsOfSuccess("asFloat(result) < 5")).to.deep.equal(["< 5"]);
    expect(limitsOfFailure("result > 5 || result < 1")).to.deep.equal(["<= 5", ">= 1"]);
    for (const other of [
      'result == "ok"',
      "all(result, {# < 0.5})",
      "result[0] >= 0.95 || true",
      "result.value > 1",
      "",
    ])
      expect(limitsOfSuccess(other), other).to.equal(undefined);
    expect(limitsOfFailure("result[0] > 5 && result[0] < 9")).to.equal(undefined);
  });
});
