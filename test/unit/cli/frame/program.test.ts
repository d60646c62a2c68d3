import { expect } from "chai";
import { allCommands } from "../../../../cli/commands/registry.ts";
import { defineCommand } from "../../../../cli/frame/command.ts";
import { dryRun, output } from "../../../../cli/frame/kubectl-flags.ts";
import { parseLine } from "../../../../cli/frame/program.ts";
import { kept } from "./streams.ts";

const commands = await allCommands();

const order = defineCommand({
  name: "greet",
  aliases: ["hi"],
  group: "Order",
  about: "Greets.",
  arguments: { name: "NAME", about: "The Deployments.", count: "some", complete: "deployments" },
  flags: { "dry-run": dryRun, output },
  run: async () => 0,
});

function parsed(line: string) {
  const streams = kept();
  return {
    ...parseLine("kubectl serin", [order], line.split(" ").filter(Boolean), streams),
    ...streams.written,
  };
}

describe("a command line of kubectl serin", () => {
  it("takes kubectl's flags before and after the command", () => {
    for (const line of [
      "greet web api -n shop --dry-run=server -o json",
      "-n shop hi --dry-run server web api -ojson",
    ]) {
      const found = parsed(line);
      if ("code" in found) return expect.fail(`${line}: ${found.error}`);
      expect(found.args).to.deep.equal(["web", "api"]);
      expect(found.every).to.include({ namespace: "shop", "request-timeout": 30_000, color: "auto" });
      expect(found.flags).to.deep.equal({ "dry-run": "server", output: { kind: "json" } });
    }
    return undefined;
  });

  it("reads durations and repeated groups as kubectl does", () => {
    const found = parsed("greet web --request-timeout=1m30s --as jane --as-group a --as-group=b");
    expect("every" in found && found.every).to.deep.include({
      "request-timeout": 90_000,
      as: "jane",
      "as-group": ["a", "b"],
    });
  });

  for (const [line, message] of [
    ["grete web", /unknown command 'grete'\n\(Did you mean greet\?\)/],
    ["greet", /missing required argument 'NAME'/],
    ["greet web --dry-run=client", /--dry-run: invalid value "client": use one of none, server/],
    ["greet web -o xml", /--output: invalid value "xml": use wide, json, yaml, name or jsonpath=TEMPLATE/],
    ["greet web --request-timeout=soon", /use a duration such as "30s" or "5m"/],
    ["greet web --request-timeout=", /use a duration/],
    ["greet web --namspace x", /unknown option '--namspace'\n\(Did you mean --namespace\?\)/],
  ] as const) {
    it(`refuses "${line}" with exit code 1`, () => {
      const found = parsed(line);
      expect(found).to.include({ code: 1, out: "" });
      expect(found.error).to.match(message);
    });
  }

  it("prints help with exit code 0, also without a command", () => {
    expect(parsed("")).to.include({ code: 0, error: "" });
    expect(parsed("").out).to.contain("Order:\n  greet|hi").and.contain("-n, --namespace");
    expect(parsed("greet --help").out).to.contain("--dry-run").and.contain("--as-group");
  });

  it("describes every command in sentences that end with a full stop", () => {
    for (const { name, about, more = "." } of commands) {
      expect(about, name).to.match(/^[A-Z].*\.$/s);
      expect(more, name).to.match(/\.$/);
    }
    const names = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(new Set(names).size).to.equal(names.length);
  });
});
