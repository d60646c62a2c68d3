import type { Command } from "../frame/command.ts";

/** The commands by their names, in the order of the help. Each is loaded by itself, so that one starts without the others. */
const loaders = {
  status: async () => (await import("./status.ts")).statusCommand,
  history: async () => (await import("./history.ts")).historyCommand,
  diff: async () => (await import("./diff.ts")).diffCommand,
  dashboard: async () => (await import("./dashboard.ts")).dashboardCommand,
  judge: async () => (await import("./judge.ts")).judgeCommand,
  promote: async () => (await import("./promote.ts")).promoteCommand,
  advance: async () => (await import("./advance.ts")).advanceCommand,
  abort: async () => (await import("./abort.ts")).abortCommand,
  retry: async () => (await import("./retry.ts")).retryCommand,
  undo: async () => (await import("./undo.ts")).undoCommand,
  pause: async () => (await import("./pause.ts")).pauseCommand,
  resume: async () => (await import("./resume.ts")).resumeCommand,
  lint: async () => (await import("./lint.ts")).lintCommand,
  preflight: async () => (await import("./preflight.ts")).preflightCommand,
  explain: async () => (await import("./explain.ts")).explainCommand,
  convert: async () => (await import("./convert.ts")).convertCommand,
  migrate: async () => (await import("./migrate.ts")).migrateCommand,
  doctor: async () => (await import("./doctor.ts")).doctorCommand,
  notify: async () => (await import("./notify.ts")).notifyCommand,
  cleanup: async () => (await import("./cleanup.ts")).cleanupCommand,
  completion: async () => (await import("./completion.ts")).completionCommand,
  version: async () => (await import("./version.ts")).versionCommand,
} as const satisfies Readonly<Record<string, () => Promise<Command>>>;

/** All commands. Help, completion and the reference follow from them. */
export function allCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(loaders).map((load) => load()));
}

/** The commands that a line may mean: the one that its first word names, or all. */
export async function commandsIn([first = ""]: readonly string[]): Promise<readonly Command[]> {
  const named = Object.entries(loaders).find(([name]) => name === first);
  return named === undefined ? allCommands() : [await named[1]()];
}
