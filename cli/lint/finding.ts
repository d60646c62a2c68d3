import { type ExitCode, exitCode } from "../frame/exit-code.ts";
import type { Sign, Terminal } from "../frame/terminal.ts";

/** What a command that looks for faults has found. */
export interface Finding {
  readonly kind: Extract<Sign, "good" | "warning" | "bad">;
  /** What it is about: `web.yaml: deployment/web`. */
  readonly where: string;
  readonly says: string;
}

/** Prints findings, a line each, and their number; the exit code is 3 if one is bad. */
export function tellFindings(terminal: Terminal, findings: readonly Finding[]): ExitCode {
  for (const { kind, where, says } of findings) terminal.say(`${terminal.sign(kind)} ${where}: ${says}`);
  const count = (kind: Finding["kind"]) => findings.filter((one) => one.kind === kind).length;
  const [errors, warnings] = [count("bad"), count("warning")];
  terminal.say(`${plural(errors, "error")}, ${plural(warnings, "warning")}`);
  return errors > 0 ? exitCode.fault : exitCode.done;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
