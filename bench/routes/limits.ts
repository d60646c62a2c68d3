import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { repository } from "../../test/cluster/tools.ts";
import type { Part } from "../processes.ts";
import { nameOf } from "./crowd.ts";
import type { Row } from "./table.ts";

/** How long an admission may take, in ms, as the 99th percentile of 50 updates at once. */
const LONGEST_P99_MS = 1_000;

const DEPLOYMENTS: Readonly<Record<Part, string>> = { webhook: "serin", controller: "serin-controller" };
const PARTS: readonly Part[] = ["webhook", "controller"];

/** The memory limits of the processes, in MiB, by deploy/deployment.yaml. Throws if one is missing. */
export function memoryLimits(): Readonly<Record<Part, number>> {
  const documents = parseAllDocuments(readFileSync(join(repository, "deploy/deployment.yaml"), "utf8"));
  const of = (part: Part) => {
    const found = documents.find((document) => document.getIn(["metadata", "name"]) === DEPLOYMENTS[part]);
    const path = ["spec", "template", "spec", "containers", 0, "resources", "limits", "memory"];
    const [, MiB] = /^(\d+)Mi$/.exec(String(found?.getIn(path))) ?? [];
    if (MiB === undefined)
      throw new Error(`deploy/deployment.yaml has no memory limit in Mi for the ${part}`);
    return Number(MiB);
  };
  return { webhook: of("webhook"), controller: of("controller") };
}

/** The limits that these figures break. A figure that is missing breaks its limit. */
export function brokenLimits(
  rows: readonly Row[],
  limits: Readonly<Record<Part, number>>,
): readonly string[] {
  return rows.flatMap(({ crowd, p99Ms, footprints, restarts }) => {
    const among = `among ${nameOf(crowd)}`;
    const late =
      p99Ms < LONGEST_P99_MS ? [] : [`admission p99 ${p99Ms} ms ${among}, not under ${LONGEST_P99_MS}`];
    const large = PARTS.filter((part) => !(footprints[part].peakMiB < limits[part])).map(
      (part) => `${part} ${footprints[part].peakMiB} MiB ${among}, not under ${limits[part]}`,
    );
    const crashed = restarts === 0 ? [] : [`${restarts} restarts of Serin's containers ${among}, not 0`];
    return [...late, ...large, ...crashed];
  });
}
