/** The exit codes of `kubectl serin`. An interrupted command ends with 130, as a shell expects. */
export const exitCode = {
  /** It is done; or, for a command that waits, the version is promoted. */
  done: 0,
  /** It cannot be done or told: usage, rights, the API server, an object that does not exist. */
  error: 1,
  /** The time limit of a wait is over. */
  timeout: 2,
  /** The version was rolled back; or a command that looks for faults found an error. */
  fault: 3,
  /** Another version took the place of the one that is waited for. */
  replaced: 4,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
