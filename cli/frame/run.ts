import { ServerClock } from "../../kube/client/server-clock.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Cluster } from "./cluster.ts";
import type { Command } from "./command.ts";
import { exitCode } from "./exit-code.ts";
import { linesOfFailure } from "./failure.ts";
import { parseLine } from "./program.ts";
import { type Streams, type TerminalPlace, terminalAt } from "./terminal.ts";

/** What the plugin is run with. */
export interface Process {
  /** The program's name as the user types it. */
  readonly program: string;
  readonly line: readonly string[];
  readonly place: TerminalPlace;
  readonly streams: Streams;
  /** The machine's. */
  readonly clock: Clock;
  readonly version: string;
}

/** Runs a command line and returns the exit code; what fails is told on the standard error. */
export async function runLine(commands: readonly Command[], process: Process): Promise<number> {
  const { place, streams, version } = process;
  // The objects' times are the API server's, and the clock of a user's machine may be wrong by minutes.
  const clock = new ServerClock({ machine: process.clock });
  const parsed = parseLine(process.program, commands, process.line, streams);
  if ("code" in parsed) return parsed.code;
  const terminal = terminalAt(place, parsed.every, streams);
  const opened: Cluster[] = [];
  const told = new Set<string>();
  const warn = (sentence: string) => {
    if (!told.has(sentence)) terminal.tell(`${terminal.paint("yellow", "Warning:")} ${sentence}`);
    told.add(sentence);
  };
  const cluster = async (onWarning: (sentence: string) => void = warn) => {
    const { environment } = place;
    // The HTTP client takes most of the start-up time, so only commands that ask a cluster load it.
    const { openCluster } = await import("./cluster.ts");
    const userAgent = `kubectl-serin/${version}`;
    const means = { clock, serverClock: clock, userAgent, onWarning };
    const found = await openCluster({ flags: parsed.every, environment, ...means });
    opened.push(found);
    return found;
  };
  try {
    const { flags, args } = parsed;
    return await parsed.command.run({ flags: flags as never, args, terminal, place, clock, cluster });
  } catch (error) {
    for (const line of linesOfFailure(error)) terminal.tell(line);
    return exitCode.error;
  } finally {
    for (const one of opened) await one.close();
  }
}
