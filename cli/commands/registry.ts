import type { Command } from "../frame/command.ts";
import { cleanupCommand } from "./cleanup.ts";
import { judgeCommand } from "./judge.ts";
import { versionCommand } from "./version.ts";

/** All commands, in the order of the help. Help, completion and the reference follow from this table. */
export const commands: readonly Command[] = [judgeCommand, cleanupCommand, versionCommand];
