import type { Flag } from "../../flags/flag.ts";
import type { Flags, FlagValues } from "../../flags/program.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Cluster } from "./cluster.ts";
import type { ExitCode } from "./exit-code.ts";
import type { Terminal, TerminalPlace } from "./terminal.ts";

/** The part of the help in which a command stands. */
export type CommandGroup =
  | "See"
  | "Order"
  | "Before a rollout"
  | "Migration"
  | "Installation"
  | "This program";

/** The arguments of a command that are not flags. */
interface Arguments {
  /** As help shows one of them: `NAME`. */
  readonly name: string;
  readonly about: string;
  /** How many; `some` is one or more. */
  readonly count: "one" | "some" | "any";
  /** What completion offers; words only for the first argument. */
  readonly complete: Completion;
  /** What completion offers for the second argument, by the first. */
  readonly completeSecond?: Readonly<Record<string, Completion>>;
}

/** What completion offers in place of a word: names of the cluster, names of files, or these words. */
export type Completion =
  | NonNullable<Flag<unknown>["complete"]>
  | "deployments"
  | "receivers"
  | "deployments and files";

/** What the user gave to a command, and its means. */
export interface Call<F extends Flags = Flags> {
  readonly flags: FlagValues<F>;
  readonly args: readonly string[];
  readonly terminal: Terminal;
  /** What the process knows of its surroundings. */
  readonly place: TerminalPlace;
  readonly clock: Clock;
  /**
   * Connects to the cluster of the kubeconfig; the connection is closed after the command. `onWarning` takes the API
   * server's warnings; absent: they are printed as kubectl prints them.
   */
  cluster(onWarning?: (sentence: string) => void): Promise<Cluster>;
}

/** One command of `kubectl serin`. Help, completion and the reference follow from these rows. */
export interface Command<F extends Flags = Flags> {
  readonly name: string;
  /** Other names that work. */
  readonly aliases?: readonly string[];
  readonly group: CommandGroup;
  /** One sentence. */
  readonly about: string;
  /** What a reader of its help needs to know beside that; sentences. */
  readonly more?: string;
  readonly arguments?: Arguments;
  /** Its own flags; those of every command are in kubectl-flags.ts. */
  readonly flags: F;
  /** Command lines without `kubectl serin`, each with what it does. */
  readonly examples?: readonly (readonly [line: string, does: string])[];
  /** Throws what keeps it from being done; failure.ts says it. */
  run(call: Call<F>): Promise<ExitCode>;
}

/** A command, with the types of its flags checked against its `run`. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command {
  // The parser gives `run` exactly the values of these flags.
  return command as unknown as Command;
}
