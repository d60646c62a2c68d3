import { readFileSync, writeFileSync } from "node:fs";
import { annotations } from "../rollout/plan/annotations.ts";
import { type Strategy, strategies, strategyNames } from "../rollout/plan/strategy.ts";

const page = new URL("strategies.md", import.meta.url);
const BEGIN = "<!-- Written by `npm run docs` from rollout/plan/strategy.ts. -->";
const END = "<!-- End of the table. -->";

/** A page with the table of the strategies between its two marks. Throws an Error if a mark is missing. */
export function withStrategies(text: string): string {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/strategies.md: missing mark ${END}`);
  return `${before}${BEGIN}\n${table()}\n${END}${after}`;
}

function table(): string {
  const head = [
    "| strategy | default steps | default size | users compared with the stable version | needs a gateway | its own annotations |",
    "|---|---|---|---|---|---|",
  ];
  return [...head, ...strategyNames.map(row)].join("\n");
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
