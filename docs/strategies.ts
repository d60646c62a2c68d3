import { readFileSync, writeFileSync } from "node:fs";
import { annotations } from "../rollout/plan/annotations.ts";
import { type Strategy, strategies, strategyNames } from "../rollout/plan/strategy.ts";
import { withTable } from "./marked.ts";

const page = new URL("strategies.md", import.meta.url);

/** A page with the table of the strategies between its two marks. Throws an Error if a mark is missing. */
export function withStrategies(text: string): string {
  return withTable(text, "Written by `npm run docs` from rollout/plan/strategy.ts.", table());
}

function table(): readonly string[] {
  const head = [
    "| strategy | default steps | default size | users compared with the stable version | needs a gateway | its own annotations |",
    "|---|---|---|---|---|---|",
  ];
  return [...head, ...strategyNames.map(row)];
}

function row(name: Strategy): string {
  const { defaults, own, compared, needsGateway } = strategies[name];
  const keys = own.map((each) => `\`${annotations[each].key}\``).join(", ");
  const hasSteps = own.includes("steps");
  const cells = [
    `\`${name}\``,
    hasSteps ? `\`${defaults.steps ?? annotations.steps.default}\`` : "one, for the users who match",
    `\`${defaults.size ?? annotations.size.default}\``,
    compared ? "yes" : "no, only copies",
    needsGateway ? "yes" : "no",
    keys,
  ];
  return `| ${cells.join(" | ")} |`;
}

if (import.meta.main) writeFileSync(page, withStrategies(readFileSync(page, "utf8")));
