import type { Command } from "../frame/command.ts";
import { abortCommand } from "./abort.ts";
import { advanceCommand } from "./advance.ts";
import { cleanupCommand } from "./cleanup.ts";
import { completionCommand } from "./completion.ts";
import { convertCommand } from "./convert.ts";
import { dashboardCommand } from "./dashboard.ts";
import { diffCommand } from "./diff.ts";
import { doctorCommand } from "./doctor.ts";
import { explainCommand } from "./explain.ts";
import { historyCommand } from "./history.ts";
import { judgeCommand } from "./judge.ts";
import { lintCommand } from "./lint.ts";
import { migrateCommand } from "./migrate.ts";
import { notifyCommand } from "./notify.ts";
import { pauseCommand } from "./pause.ts";
import { preflightCommand } from "./preflight.ts";
import { promoteCommand } from "./promote.ts";
import { resumeCommand } from "./resume.ts";
import { retryCommand } from "./retry.ts";
import { statusCommand } from "./status.ts";
import { undoCommand } from "./undo.ts";
import { versionCommand } from "./version.ts";

/** All commands, in the order of the help. Help, completion and the reference follow from this table. */
export const commands: readonly Command[] = [
  statusCommand,
  historyCommand,
  diffCommand,
  dashboardCommand,
  judgeCommand,
  promoteCommand,
  advanceCommand,
  abortCommand,
  retryCommand,
  undoCommand,
  pauseCommand,
  resumeCommand,
  lintCommand,
  preflightCommand,
  explainCommand,
  convertCommand,
  migrateCommand,
  doctorCommand,
  notifyCommand,
  cleanupCommand,
  completionCommand,
  versionCommand,
];
