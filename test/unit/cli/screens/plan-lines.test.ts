import { expect } from "chai";
import stringWidth from "string-width";
import { terminalAt } from "../../../../cli/frame/terminal.ts";
import type { Finding } from "../../../../cli/lint/finding.ts";
import { tellFindings } from "../../../../cli/lint/finding.ts";
import { podLines, surroundingLines } from "../../../../cli/screens/plan-lines.ts";
import { aPlan, aRoute, aService } from "../../../support/builders.ts";

const surface = { columns: 100, isUnicode: true, paint: (_how: unknown, text: string) => text };
const named = (name: string, spec: object = {}) => {
  const service = aService();
  return { ...service, metadata: { ...service.metadata, name }, spec: { ...service.spec, ...spec } };
};

describe("what explain says of a Deployment's surroundings", () => {
  it("names the Services, the rules and the gateways with what they lack", () => {
    const web = named("web", { ports: [{ port: 80, targetPort: 8080 }, { port: 9090 }] });
    const left = [named("web-pods", { clusterIP: "None" })];
    const rules = [
      { backendRefs: [{ name: "api", port: 80 }] },
      { backendRefs: [{ name: "web", port: 80 }] },
    ];
    const lines = surroundingLines(surface, { isolated: [web], left, routes: [aRoute({ rules })] }).join(
      "\n",
    );
    expect(lines)
      .to.include("services       web (80 to 8080, 9090); web-pods is headless and left as it is")
      .and.match(/route {10}httproute shop\/web, rule 1 of 2: .* \(Traefik\)/)
      .and.match(/follows within 2\.5s; mirror: refused, because it answers every request of a rule/)
      .and.not.include("copies of a part");
  });

  it("says what holds without a Service and without a route", () => {
    const lines = surroundingLines(surface, { isolated: [], left: [], routes: [] }).join("\n");
    expect(lines)
      .to.include("none selects these pods")
      .and.include("routes         none: the canary's share");
  });

  it("counts the pods of each step", () => {
    const of = (annotations: Record<string, string>) =>
      podLines(surface, aPlan(annotations), 5).join().trim();
    expect(of({ "serin.dev/steps": "10, 25, 50" })).to.equal(
      "pods           5 stable + at most 3 (10 % 1, 25 % 2, 50 % 3)",
    );
    expect(of({ "serin.dev/steps": "10", "serin.dev/size": "100%" })).to.include("at most 5 (10 % 5)");
  });
});

describe("findings", () => {
  const findings: readonly Finding[] = [
    {
      kind: "warning",
      where: "metrics",
      says: "a sentence that is longer than the terminal is wide, so it is wrapped",
    },
  ];
  const told = (isTty: boolean) => {
    const said: string[] = [];
    const place = { isTty, columns: 40, environment: { LANG: "C.UTF-8" }, platform: "linux" };
    const streams = { out: (text: string) => said.push(text), error: () => {}, input: async () => "" };
    const code = tellFindings(terminalAt(place, { color: "never", ascii: false }, streams), findings);
    return { code, lines: said.join("").split("\n") };
  };

  it("are a line each in a pipe, and no wider than a terminal", () => {
    expect(told(false).lines[0]).to.match(/^! metrics: a sentence .* wrapped$/);
    const { code, lines } = told(true);
    expect(lines[0]).to.match(/^! metrics: a sentence/);
    for (const line of lines) expect(stringWidth(line)).to.be.at.most(40);
    expect([code, lines.at(-2)]).to.deep.equal([0, "0 errors, 1 warning"]);
  });
});
