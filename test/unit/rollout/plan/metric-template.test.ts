import { expect } from "chai";
import fc from "fast-check";
import { type Complaint, formatComplaints } from "../../../../rollout/plan/complaints.ts";
import {
  parseTemplate,
  render,
  type Subject,
  type Template,
} from "../../../../rollout/plan/metric-template.ts";
import { parseVariables } from "../../../../rollout/plan/variables.ts";
import { formatProblem } from "../../../../rollout/text/parse.ts";
import { cases } from "../../../support/cases.ts";

const readYaml = (text: string): unknown => JSON.parse(text);
const subject: Subject = {
  namespace: "shop",
  target: "web",
  service: "web-svc",
  route: "web-route",
  replicaSet: "web-5d8f",
};

function templateOf(data: Readonly<Record<string, string>>): Template {
  const parsed = parseTemplate(data, readYaml);
  if ("template" in parsed) return parsed.template;
  throw new Error(JSON.stringify(parsed.complaints));
}
function complaintsOf(data: Readonly<Record<string, string>>): readonly Complaint[] {
  const parsed = parseTemplate(data, readYaml);
  return "complaints" in parsed ? parsed.complaints : [];
}
const rendered = (query: string, given = {}, of = subject) => render(templateOf({ query }), of, given);

describe("a query template", () => {
  it("needs a query only", () => {
    expect(templateOf({ query: "up\n" })).to.deep.equal({
      query: ["up"],
      source: "prometheus",
      interval: "1m",
      intervalMs: 60_000,
      variables: {},
    });
  });

  it("may say where, how far back, in which unit and with which variables", () => {
    const data = {
      query: "up",
      source: "my-datadog",
      interval: "30s",
      unit: " ms ",
      variables: '{"code":"5.."}',
    };
    expect(templateOf(data)).to.deep.include({
      source: "my-datadog",
      interval: "30s",
      intervalMs: 30_000,
      unit: "ms",
      variables: { code: "5.." },
    });
  });

  it("takes Graphite's minutes", () => {
    expect(templateOf({ query: "up", interval: "5min" })).to.include({
      interval: "5min",
      intervalMs: 300_000,
    });
  });

  const queries: readonly [string, string][] = [
    ["{{ namespace }} {{target}} {{\tservice\n}}", "shop web web-svc"],
    [
      "{{ name }}/{{ ingress }}/{{ route }}/{{ replicaset }}/{{ interval }}",
      "web/web-route/web-route/web-5d8f/1m",
    ],
    ['x{job="{{ service }}-canary"}[{{ interval }}]', 'x{job="web-svc-canary"}[1m]'],
    ["{{{target}}}", ""],
    ["a {{- target -}} b", "awebb"],
    ["a {{ target -}} b", "a webb"],
    ["a\n  {{- target }} b", "aweb b"],
    ["sum(x) by (le) }} y", "sum(x) by (le) }} y"],
    ["app.{{target}}.{A,B}.count", "app.web.{A,B}.count"],
    ["{{ variables.code }}{{ variables.other_1 }}", "5..x"],
  ];
  for (const [query, text] of queries.filter(([, text]) => text !== "")) {
    it(`renders ${JSON.stringify(query)}`, () => {
      expect(rendered(query, { code: "5..", other_1: "x" })).to.deep.equal({ value: text });
    });
  }

  it("prefers the Deployment's variables to its own", () => {
    const template = templateOf({
      query: "{{ variables.a }} {{ variables.b }}",
      variables: '{"a":"1","b":"2"}',
    });
    expect(render(template, subject, { b: "3" })).to.deep.equal({ value: "1 3" });
  });

  it("reports every gap that it cannot fill", () => {
    const query =
      "{{ variables.direcion }} {{ variables.constructor }} {{ service }} {{ route }} {{ replicaset }}";
    const of = { namespace: "shop", target: "web" };
    const parsed = rendered(query, { direction: "inbound" }, of);
    expect("problems" in parsed && parsed.problems.map((one) => formatProblem(one))).to.deep.equal([
      "no value for {{ variables.direcion }}; did you mean direction?",
      "no value for {{ variables.constructor }}: set it in serin.dev/variables",
      "no value for {{ service }}: this rollout has no Service",
      "no value for {{ route }}: this rollout has no route",
      "no value for {{ replicaset }}: this rollout has no ReplicaSet",
    ]);
  });

  const wrong: readonly [Record<string, string>, string, string][] = [
    [{}, "query", "query: missing: use a query"],
    [{ query: " \n" }, "query", "query: missing: use a query"],
    [{ query: "x".repeat(16_385) }, "query", "16385 characters: use at most 16384"],
    [{ query: "a {{ target" }, "query", "{{ without }}"],
    [{ query: "{{ traget }}" }, "query", 'unknown name "{{ traget }}"; did you mean target?'],
    [{ query: "{{ zebra }}" }, "query", 'unknown name "{{ zebra }}": use name, namespace'],
    [{ query: "{{ variables.a.b }}" }, "query", 'unknown name "{{ variables.a.b }}"'],
    [{ query: "{{ if target }}" }, "query", "use a name; functions and conditions do not work"],
    [{ query: '{{ index variables "a" }}' }, "query", "use a name"],
    [{ query: "{{}}" }, "query", "use a name"],
    [{ query: "{{{target}}}" }, "query", "use a name"],
    [{ query: "up", interval: "5" }, "interval", 'interval: invalid value "5": use a duration with a unit'],
    [{ query: "up", interval: "0s" }, "interval", "use at least 1s"],
    [
      { query: "up", source: "../x" },
      "source",
      'source: invalid value "../x": use prometheus or the name of a Secret',
    ],
    [{ query: "up", unit: "x".repeat(21) }, "unit", "use a text of up to 20 characters"],
    [{ query: "up", variables: "{" }, "variables", "invalid YAML"],
    [{ query: "up", variables: "[1]" }, "variables", "use a map of texts in YAML"],
    [{ query: "up", variables: "null" }, "variables", "use a map of texts in YAML"],
    [{ query: "up", variables: '{"a":{}}' }, "variables", 'the value of "a" is not a text'],
    [{ query: "up", variables: '{"a":"\'"}' }, "variables", "variable a has a quote"],
    [{ query: "up", address: "http://x" }, "address", "unknown key address"],
  ];
  for (const [data, key, problem] of wrong) {
    it(`complains about ${JSON.stringify(data).slice(0, 60)}`, () => {
      const complaints = complaintsOf(data);
      expect(complaints.map((complaint) => complaint.key)).to.deep.equal([key]);
      expect(formatComplaints(complaints)).to.contain(problem);
    });
  }

  it("names the key that was meant", () => {
    expect(formatComplaints(complaintsOf({ query: "up", souce: "x" }))).to.equal(
      "unknown key souce; did you mean source?",
    );
    expect(complaintsOf({ query: "up", zebra: "x" })[0]?.use).to.equal("remove it or correct its name");
  });

  it("keeps every variable that is accepted inside of its string literal", () => {
    const query = `a{x="{{ variables.v }}"} b{y='{{ variables.v }}'} c{z=\`{{ variables.v }}\`}`;
    const property = fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (value) => {
      const parsed = parseVariables(`v=${value.replaceAll(",", "")}`);
      if ("problems" in parsed) return;
      const result = rendered(query, parsed.value);
      expect("value" in result && result.value).to.match(
        /^a\{x="[^"\\\n]*"\} b\{y='[^'\\\n]*'\} c\{z=`[^`\n]*`\}$/,
      );
    });
    fc.assert(property, { seed: 1, numRuns: cases(500) });
  });

  it("throws at nothing", () => {
    const part = fc.constantFrom(
      "{{",
      "}}",
      "{",
      "}",
      "-",
      " ",
      "target",
      "variables.x",
      "a",
      "\n",
      "{{-",
      "-}}",
    );
    const property = fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const parsed = parseTemplate({ query: parts.join("") }, readYaml);
      if ("template" in parsed) render(parsed.template, subject, {});
    });
    fc.assert(property, { seed: 2, numRuns: cases(2_000) });
  });
});
