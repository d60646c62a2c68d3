import { expect } from "chai";
import fc from "fast-check";
import { parseTemplate, render } from "../../../rollout/plan/metric-template.ts";
import { variableProblem } from "../../../rollout/plan/variables.ts";
import { anyText } from "../../support/any-text.ts";
import { cases } from "../../support/cases.ts";
import { packs } from "../rollout/gateways/metrics/packs.ts";

describe("PromQL", () => {
  const anyName = fc.oneof(anyText, fc.stringMatching(/^["'`\\{}\n a-z.*|)(\]]{1,20}$/));

  /** The query without its strings, escapes read as Prometheus does: what is left is its own. */
  const bare = (query: string) => query.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""');

  for (const [name, pack] of Object.entries(packs)) {
    it(`of ${name} stays the same whatever the names are`, () => {
      const backend = (text: string) => ({
        ...{
          routeKind: "HTTPRoute" as const,
          routeNamespace: text,
          route: text,
          namespace: text,
          service: text,
        },
        ...{ refs: [{ rule: 0, backend: 0 }], replicaSet: `${text}-5b7f9c6d4f` },
      });
      const queries = (text: string) =>
        [pack, pack.givenUp].map((one) => bare(one?.requests([backend(text)]) ?? ""));
      const plain = queries("web");
      fc.assert(
        fc.property(anyName, (text) => {
          expect(queries(text)).to.deep.equal(plain);
        }),
        { numRuns: cases(300) },
      );
    });
  }

  it("of a template keeps a variable of the Deployment's in its string, or lets it be one word", () => {
    const query = `a{ns="{{ namespace }}",code=~"{{ variables.x }}",b='{{ variables.x }}'} > {{ variables.y }}`;
    const parsed = parseTemplate({ query }, () => ({}));
    if (!("template" in parsed)) throw new Error("no template");
    const strings = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
    const of = (x: string, y: string) =>
      render(parsed.template, { namespace: "shop", target: "web" }, { x, y });
    fc.assert(
      fc.property(anyName, anyName, (x, y) => {
        if (variableProblem("x", x) !== undefined || variableProblem("y", y) !== undefined) return;
        const rendered = of(x, y);
        if ("problems" in rendered) expect(y).not.to.match(/^[\w.:]*$/);
        else expect(rendered.value.replaceAll(strings, '""')).to.equal(`a{ns="",code=~"",b=""} > ${y}`);
      }),
      { numRuns: cases(2_000) },
    );
    for (const y of ["0 or customers", "1) or (customers", "-customers", "1 # ", "x[5m]"]) {
      expect(of("5..", y), y).to.deep.equal({
        problems: [
          {
            what: "{{ variables.y }} is outside of quotes",
            use: "put it in quotes, or use one word as its value",
          },
        ],
      });
    }
    expect(of("5..", "0.5")).to.have.property("value");
  });

  it("of no pack selects a Deployment whose name only fits as an expression", () => {
    const query = packs.application.requests([
      {
        ...{
          routeKind: "HTTPRoute",
          routeNamespace: "shop",
          route: "",
          namespace: "shop",
          service: "",
          refs: [],
        },
        replicaSet: "web.canary-5b7f9c6d4f",
      },
    ]);
    const patterns = [...query.matchAll(/pod=~("(?:[^"\\]|\\.)*")/g)].map(
      ([, pattern = ""]) => new RegExp(`^(?:${JSON.parse(pattern)})$`),
    );
    expect(patterns.some((it) => it.test("web.canary-5b7f9c6d4f-x7k2p"))).to.equal(true);
    expect(patterns.some((it) => it.test("webxcanary-5b7f9c6d4f-x7k2p"))).to.equal(false);
  });
});
