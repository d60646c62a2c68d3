import { expect } from "chai";
import { fillJsonPath } from "../../../../cli/frame/jsonpath.ts";
import { deploymentNames } from "../../../../cli/frame/names.ts";
import { printObjects } from "../../../../cli/frame/print.ts";
import { cutTo, formatTable } from "../../../../cli/frame/table.ts";
import { tableTerminal, terminalAt } from "../../../../cli/frame/terminal.ts";
import { headerWarnings } from "../../../../kube/client/warning-header.ts";
import { kept, plainTerminal } from "./streams.ts";

describe("names of Deployments", () => {
  for (const [args, names] of [
    [["web"], ["web"]],
    [
      ["deployment/web", "deploy/api", "deployments.apps/db"],
      ["web", "api", "db"],
    ],
    [
      ["deploy", "web", "api"],
      ["web", "api"],
    ],
    [["deployment"], ["deployment"]],
    [["web", "web"], ["web"]],
    [
      ["deploy", "deploy/web"],
      ["deploy", "web"],
    ],
  ] as const) {
    it(`are ${names.join(", ")} in "${args.join(" ")}"`, () => {
      expect(deploymentNames(args)).to.deep.equal(names);
    });
  }
  for (const arg of ["pod/web", "deployment/", "deployment/web/x", ""]) {
    it(`are not in ${JSON.stringify(arg)}`, () => {
      if (arg === "") expect(deploymentNames([])).to.deep.equal([]);
      else expect(() => deploymentNames([arg])).to.throw("is not the name of a Deployment");
    });
  }
});

describe("a JSONPath template", () => {
  const list = {
    items: [
      { metadata: { name: "web", annotations: { "serin.dev/run": "x" } }, n: 1 },
      { metadata: { name: "api" }, n: 2 },
    ],
  };
  for (const [template, text] of [
    ["{.items[*].metadata.name}", "web api"],
    ["{.items[0].n}", "1"],
    ['{range .items[*]}{.metadata.name}{"\\t"}{.n}{"\\n"}{end}', "web\t1\napi\t2\n"],
    ["{.items[0].metadata.annotations.serin\\.dev/run}", "x"],
    ["{.items[?(@.n==2)].metadata.name}", "api"],
    ["n={.items[0].metadata.missing}", "n="],
    ["{.items[1].metadata}", '{"name":"api"}'],
  ] as const) {
    it(`fills ${template}`, () => {
      expect(fillJsonPath(template, list)).to.equal(text);
    });
  }
  for (const template of ["{.a", "{end}", "{range .a}x", "a}"]) {
    it(`refuses ${template}`, () => {
      expect(() => fillJsonPath(template, list)).to.throw("-o jsonpath:");
    });
  }
});

describe("output", () => {
  it("has columns as wide as their widest cell, without counting colours", () => {
    const red = "\u001b[31mfailed\u001b[39m";
    expect(
      formatTable([
        ["NAME", "STATE"],
        ["web", red, "x"],
        ["checkout", "ok", "y"],
      ]),
    ).to.deep.equal(["NAME       STATE", `web        ${red}   x`, "checkout   ok       y"]);
    expect(cutTo("日本語", 5)).to.equal("日本…");
    expect(cutTo("abc", 3)).to.equal("abc");
  });

  it("has whole rows in a pipe, and in a terminal if the user asks for them", () => {
    const at = { columns: 80, environment: { LANG: "C.UTF-8" }, platform: "linux" };
    const widthOf = (isTty: boolean, isWide: boolean) =>
      tableTerminal(terminalAt({ ...at, isTty }, { color: "auto", ascii: false }, kept()), isWide).columns;
    expect([widthOf(true, false), widthOf(true, true), widthOf(false, false)]).to.deep.equal([
      80,
      Infinity,
      Infinity,
    ]);
  });

  it("is as wide as COLUMNS or usual where the terminal does not know its size, as under a supervisor", () => {
    const widthOf = (environment: Record<string, string>) =>
      terminalAt({ isTty: true, columns: 0, environment, platform: "linux" }, auto, kept()).columns;
    expect([widthOf({}), widthOf({ COLUMNS: "70" })]).to.deep.equal([100, 70]);
  });

  it("is an object for one name, and else a List", () => {
    const one = { name: "deployment.apps/web", object: { kind: "X" } };
    const print = (kind: "json" | "name" | "yaml" | "table", isOne: boolean) => {
      const streams = kept();
      return [printObjects(plainTerminal(streams), { kind }, [one], isOne), streams.written.out];
    };
    expect(print("json", true)).to.deep.equal([true, '{\n    "kind": "X"\n}\n']);
    expect(print("yaml", false)).to.deep.equal([true, "apiVersion: v1\nkind: List\nitems:\n  - kind: X\n"]);
    expect(print("name", true)).to.deep.equal([true, "deployment.apps/web\n"]);
    expect(print("table", true)).to.deep.equal([false, ""]);
  });

  const place = { isTty: true, environment: { LANG: "en_US.UTF-8" }, platform: "linux" };
  const auto = { color: "auto", ascii: false } as const;
  for (const [what, at, flags, sign] of [
    ["is coloured on a terminal", place, auto, "\u001b[32m✔\u001b[39m"],
    ["is plain in a pipe", { ...place, isTty: false }, auto, "✔"],
    ["obeys NO_COLOR", { ...place, environment: { LANG: "C.UTF-8", NO_COLOR: "1" } }, auto, "✔"],
    [
      "is coloured by --color=always",
      { ...place, isTty: false },
      { ...auto, color: "always" },
      "\u001b[32m✔\u001b[39m",
    ],
    ["is ASCII by --ascii", { ...place, isTty: false }, { ...auto, ascii: true }, "+"],
    [
      "is ASCII in a locale without UTF-8",
      { ...place, environment: { LANG: "C" } },
      { ...auto, color: "never" },
      "+",
    ],
  ] as const) {
    it(what, () => {
      expect(terminalAt(at, flags, kept()).sign("good")).to.equal(sign);
    });
  }

  it("tells each warning of the API server", () => {
    expect(headerWarnings('299 - "a \\"b\\"", 299 - "c, d"')).to.deep.equal(['a "b"', "c, d"]);
    expect(headerWarnings(['299 - "a"', '299 kube "b"'])).to.deep.equal(["a", "b"]);
    expect(headerWarnings(undefined)).to.deep.equal([]);
  });
});
