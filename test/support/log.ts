import type { Log } from "../../kube/core/log.ts";

/** A log that drops every message. */
export const noLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A log that keeps messages with their level, and their fields, in order. */
export function rememberingLog(): Log & { readonly lines: string[]; readonly fields: object[] } {
  const lines: string[] = [];
  const fields: object[] = [];
  const note = (level: string) => (given: object, message: string) => {
    lines.push(`${level}: ${message}`);
    fields.push(given);
  };
  return {
    lines,
    fields,
    debug: note("debug"),
    info: note("info"),
    warn: note("warn"),
    error: note("error"),
  };
}
