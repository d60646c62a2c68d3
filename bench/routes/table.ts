import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { repository } from "../../test/cluster/tools.ts";
import type { Part } from "../processes.ts";
import type { Crowd } from "./crowd.ts";
import type { UpdateCosts } from "./updates.ts";

/** The costs among so many routes. */
export interface Row extends UpdateCosts {
  readonly size: Crowd;
}

const DEPLOYMENTS: Readonly<Record<Part, string>> = { webhook: "serin", controller: "serin-controller" };

/** The Markdown table of docs/operations.md. */
export function routesTableOf(rows: readonly Row[]): string {
  const head = (part: Part) => `${part}, most memory (limit ${limitOf(part)} MiB)`;
  const lines = rows.map(({ size, p99Ms, mostMiB }) => [
    `${size.routes.toLocaleString("en")} of ${size.kB} kB`,
    `${Math.round(p99Ms)} ms`,
    `${Math.round(mostMiB.webhook)} MiB`,
    `${Math.round(mostMiB.controller)} MiB`,
  ]);
  const cells = [
    ["routes", "admission, p99", head("webhook"), head("controller")],
    ["---", "--:", "--:", "--:"],
    ...lines,
  ];
  return cells.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** The memory limit of a process, in MiB, by deploy/deployment.yaml. */
function limitOf(part: Part): number {
  const documents = parseAllDocuments(readFileSync(join(repository, "deploy/deployment.yaml"), "utf8"));
  const deployment = documents.find((document) => document.getIn(["metadata", "name"]) === DEPLOYMENTS[part]);
  const path = ["spec", "template", "spec", "containers", 0, "resources", "limits", "memory"];
  return Number.parseInt(String(deployment?.getIn(path)), 10);
}
