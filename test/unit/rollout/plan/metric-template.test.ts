import { expect } from "chai";
import fc from "fast-check";
import type { Complaint } from "../../../../rollout/plan/complaints.ts";
import {
  parseTemplate,
  render,
  type Subject,
  type Template,
} from "../../../../rollout/plan/metric-template.ts";
import { parseVariables } from "../../../../rollout/plan/variables.ts";

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

  it("tells every gap that it cannot fill", () => {
    const query =
      "{{ variables.direcion }} {{ variables.constructor }} {{ service }} {{ route }} {{ replicaset }}";
    const of = { namespace: "shop", target: "web" };
    expect(rendered(query, { direction: "inbound" }, of)).to.deep.equal({
      problems: [
        "uses {{ variables.direcion }}, which nothing sets; did you mean direction?",
        "uses {{ variables.constructor }}, which nothing sets",
        "uses {{ service }}, but this rollout has no Service",
        "uses {{ route }}, but this rollout has no route",
        "uses {{ replicaset }}, but this rollout has no ReplicaSet",
      ],
    });
  });

  const wrong: readonly [Record<string, string>, string, string][] = [
    [{}, "query", "is missing"],
    [{ query: " \n" }, "query", "is missing"],
    [{ query: "x".repeat(16_385) }, "query", "has 16385 characters, more than 16384"],
    [{ query: "a {{ target" }, "query", "opens {{ and does not close it"],
    [{ query: "{{ traget }}" }, "query", 'has "{{ traget }}", an unknown name; did you mean target?'],
    [{ query: "{{ zebra }}" }, "query", 'has "{{ zebra }}", an unknown name; it knows name, namespace'],
    [{ query: "{{ variables.a.b }}" }, "query", 'has "{{ variables.a.b }}", an unknown name'],
    [{ query: "{{ if target }}" }, "query", "only names can stand there, no functions or conditions"],
    [{ query: '{{ index variables "a" }}' }, "query", "only names can stand there"],
    [{ query: "{{}}" }, "query", "only names can stand there"],
    [{ query: "{{{target}}}" }, "query", "only names can stand there"],
    [{ query: "up", interval: "5" }, "interval", "is no duration with a unit"],
    [{ query: "up", interval: "0s" }, "interval", "is shorter than 1s"],
    [{ query: "up", source: "../x" }, "source", "is no name of a Secret"],
    [{ query: "up", unit: "x".repeat(21) }, "unit", "is no unit"],
    [{ query: "up", variables: "{" }, "variables", "is no YAML"],
    [{ query: "up", variables: "[1]" }, "variables", "is no map"],
    [{ query: "up", variables: "null" }, "variables", "is no map"],
    [{ query: "up", variables: '{"a":{}}' }, "variables", 'has "a", whose value is no text'],
    [{ query: "up", variables: '{"a":"\'"}' }, "variables", "has a with a quote"],
    [{ query: "up", address: "http://x" }, "address", "is an unknown key"],
  ];
  for (const [data, key, problem] of wrong) {
    it(`complains about ${JSON.stringify(data).slice(0, 60)}`, () => {
      const complaints = complaintsOf(data);
      expect(complaints.map((complaint) => complaint.key)).to.deep.equal([key]);
      expect(complaints[0]?.problem).to.contain(problem);
    });
  }

  it("names the key that was meant", () => {
    expect(complaintsOf({ query: "up", souce: "x" })[0]?.expected).to.equal("the key source");
    expect(complaintsOf({ query: "up", zebra: "x" })[0]?.expected).to.contain("one of query, interval");
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
    fc.assert(property, { seed: 1, numRuns: 500 });
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
    fc.assert(property, { seed: 2, numRuns: 2_000 });
  });
});
