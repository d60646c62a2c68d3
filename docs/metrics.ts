import { readFileSync, writeFileSync } from "node:fs";
import type { Gateway } from "../rollout/gateways/gateway.ts";
import { gateways } from "../rollout/gateways/registry.ts";
import { withTable } from "./marked.ts";

const page = new URL("metrics.md", import.meta.url);
const known = Object.values<Gateway>(gateways).filter(({ refuses }) => refuses === undefined);

/** The page with its two tables of gateways, from the files of the gateways. Throws an Error if a mark is missing. */
export function withGatewayTables(text: string): string {
  const counted = withTable(
    text,
    "Written by `npm run docs` from rollout/gateways: metrics.",
    metricsTable(),
  );
  return withTable(counted, "Written by `npm run docs` from rollout/gateways: gRPC.", callsTable());
}

function metricsTable(): readonly string[] {
  const own = known.filter(({ metrics }) => metrics.unusable?.HTTPRoute === undefined);
  const rows = own.map(({ name, metrics: { pack, needs } }) => {
    const counted = pack.buckets === undefined ? "failures" : "failures, latency";
    return [name, counted, [needs?.errors, needs?.latency].filter(Boolean).join("; ")] as const;
  });
  const others = known.filter((gateway) => !own.includes(gateway)).map(({ name }) => name);
  const last = [[...others, "any other"].join(", "), "the application's own", "see below"] as const;
  return [
    "| gateway | for each version | what it needs |",
    "|---|---|---|",
    ...shared([...rows, last]).map(line),
  ];
}

function callsTable(): readonly string[] {
  const rows = known.flatMap(({ name, metrics: { calls } }) =>
    calls === undefined ? [] : [[name, calls.counter, calls.unseen ?? ""] as const],
  );
  const blind = known.filter(({ metrics }) => metrics.unusable?.GRPCRoute !== undefined);
  const others = [...blind.map(({ name }) => name), "any other"].join(", ");
  const last = [others, "the application's `grpc_server_handled_total`", "what the proxy answers"] as const;
  return [
    "| gateway | counter of calls by status | not counted |",
    "|---|---|---|",
    ...shared([...rows, last]).map(line),
  ];
}

type Row = readonly [names: string, ...cells: string[]];

/** Rows that say the same are one. */
function shared(rows: readonly Row[]): readonly Row[] {
  const groups = Map.groupBy(rows, ([, ...cells]) => cells.join(" | "));
  return [...groups].map(([cells, same]) => [same.map(([name]) => name).join(", "), cells]);
}

function line(cells: Row): string {
  return `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |");
}

if (import.meta.main) writeFileSync(page, withGatewayTables(readFileSync(page, "utf8")));
