import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";

/** The requests so far, with the bytes of their bodies. */
export interface Asked {
  readonly queries: number;
  readonly sent: number;
  readonly received: number;
}

/** Counts every request that this process makes with undici from now on. Returns a function that reads the counts. */
export function meter(): () => Asked {
  const asked = { queries: 0, sent: 0, received: 0 };
  subscribe("undici:request:create", (message) => {
    const { request } = message as { request: { body?: unknown } };
    asked.queries += 1;
    asked.sent += Buffer.byteLength(String(request.body ?? ""));
  });
  subscribe("undici:request:bodyChunkReceived", (message) => {
    asked.received += (message as { chunk: Buffer }).chunk.length;
  });
  return () => ({ ...asked });
}

/** The requests between two readings. */
export function between(before: Asked, after: Asked): Asked {
  return {
    queries: after.queries - before.queries,
    sent: after.sent - before.sent,
    received: after.received - before.received,
  };
}

/** CPU time (s) that a process has used since its start. */
export function cpuOf(pid: number): number {
  // The program's name may contain spaces; it ends at the last parenthesis.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
