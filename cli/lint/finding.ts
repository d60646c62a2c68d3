import { type ExitCode, exitCode } from "../frame/exit-code.ts";
import type { Sign, Terminal } from "../frame/terminal.ts";
import { paragraph } from "../screens/line.ts";

/** What a command that looks for faults has found. */
export interface Finding {
  readonly kind: Extract<Sign, "good" | "warning" | "bad">;
  /** What it is about: `web.yaml: deployment/web`. */
  readonly where: string;
  readonly says: string;
}

/** Prints findings and their number; the exit code is 3 if one is bad. In a pipe each is a line, for grep. */
export function tellFindings(terminal: Terminal, findings: readonly Finding[]): ExitCode {
  for (const finding of findings) terminal.say(linesOf(terminal, finding).join("\n"));
  const count = (kind: Finding["kind"]) => findings.filter((one) => one.kind === kind).length;
  const [errors, warnings] = [count("bad"), count("warning")];
  terminal.say(`${plural(errors, "error")}, ${plural(warnings, "warning")}`);
  return errors > 0 ? exitCode.fault : exitCode.done;
}

function linesOf(terminal: Terminal, { kind, where, says }: Finding): readonly string[] {
  const sign = terminal.sign(kind);
  if (!terminal.isTty) return [`${sign} ${where}: ${says}`];
  // The indent counts columns, and a colour has none.
  const [first = "", ...others] = paragraph(terminal, `  ${where}: `, says);
  return [`${sign}${first.slice(1)}`, ...others];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
