/** What the dashboard took. */
export interface StreamsMeasured {
  readonly flights: number;
  readonly readers: number;
  /** From its first output until all objects were read. */
  readonly readyMs: number;
  /** The processor time until then. */
  readonly readyCpuSeconds: number;
  readonly memoryMiB: { readonly start: number; readonly opened: number; readonly after: number };
  /** The first event of one reader. */
  readonly firstKiB: number;
  /** What one reader got each second. */
  readonly newsKiB: number;
  readonly cpuPercent: number;
  /** Requests to the API server until all was read, and while the streams were open. */
  readonly requests: { readonly start: number; readonly streams: number };
}

/** The numbers as Markdown. */
export function streamsTableOf(measured: StreamsMeasured): string {
  const { flights, readers, readyMs, readyCpuSeconds, memoryMiB, firstKiB, newsKiB, cpuPercent, requests } =
    measured;
  const rows = [
    [
      "all objects read after",
      `${(readyMs / 1000).toFixed(1)} s (${readyCpuSeconds.toFixed(1)} s of processor time)`,
    ],
    ["memory then", `${Math.round(memoryMiB.start)} MiB`],
    [`memory with ${readers} streams`, `${Math.round(memoryMiB.opened)} MiB`],
    ["memory after half a minute of changes", `${Math.round(memoryMiB.after)} MiB`],
    ["the first event of a stream", `${Math.round(firstKiB)} KiB`],
    ["the changes of a stream, a second", `${newsKiB.toFixed(1)} KiB`],
    ["processor", `${cpuPercent.toFixed(1)} % of a core`],
    ["requests to the API server until all was read", String(requests.start)],
    ["requests to the API server for the streams", String(requests.streams)],
  ];
  const lines = rows.map(([name, value]) => `| ${name} | ${value} |`);
  return [`| ${flights} rollouts in flight, ${readers} readers | |`, "|---|--:|", ...lines, ""].join("\n");
}
