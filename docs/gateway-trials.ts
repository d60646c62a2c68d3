import { readdirSync, readFileSync } from "node:fs";

/** One release of a version that fails 5 %, as `npm run trials:gateways` writes it. */
interface Cost {
  readonly outcome: "promoted" | "rolled back" | "open";
  /** Absent: the version got no weight. */
  readonly seconds?: number;
  readonly requests: number;
  readonly failed: number;
  readonly unanswered: number;
}

interface GatewayTrial {
  readonly gateway: string;
  readonly protocol: "http" | "grpc";
  readonly date: string;
  readonly releases: readonly Cost[];
}

const folder = new URL("gateway-trials/", import.meta.url);

/** What a version that fails 5 % cost the users behind each gateway, in Markdown. */
export function trialsTable(): string {
  const trials: readonly GatewayTrial[] = readdirSync(folder)
    .toSorted()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")))
    .sort((a, b) => a.gateway.localeCompare(b.gateway) || b.protocol.localeCompare(a.protocol));
  return [
    "| | run | rolled back | s from the first weight to none | canary's answers | failed ones | not answered by a pod |",
    "|---|---|--:|--:|--:|--:|--:|",
    ...trials.map(trialRow),
  ].join("\n");
}

function trialRow({ gateway, protocol, date, releases }: GatewayTrial): string {
  const back = releases.filter(({ outcome }) => outcome === "rolled back").length;
  const seconds = releases.flatMap(({ seconds }) => seconds ?? []);
  const cells = [
    `${gateway}, ${protocol === "http" ? "HTTP" : "gRPC"}`,
    date,
    `${back} of ${releases.length}`,
    seconds.length === 0 ? "no weight" : spread(seconds),
    spread(releases.map(({ requests }) => requests)),
    spread(releases.map(({ failed }) => failed)),
    releases.reduce((sum, { unanswered }) => sum + unanswered, 0),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The median, with the least and the most if they differ. */
function spread(values: readonly number[]): string {
  const sorted = values.map(Math.round).toSorted((a, b) => a - b);
  const [least, middle, most] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return least === most ? `${middle}` : `${middle} (${least}–${most})`;
}
