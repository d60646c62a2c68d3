import type { Log } from "../../kube/core/log.ts";

/** A log that drops every message. */
export const noLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A log that keeps messages with their level, in order. */
export function rememberingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const note = (level: string) => (_: object, message: string) => void lines.push(`${level}: ${message}`);
  return { lines, debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
}
