import type { Kube } from "../../kube/client/api.ts";
import type { Call } from "../frame/command.ts";
import { type ExitCode, exitCode } from "../frame/exit-code.ts";
import { linesOfFailure } from "../frame/failure.ts";
import type { dryRun } from "../frame/kubectl-flags.ts";
import { deploymentNames } from "../frame/names.ts";

/** One Deployment that the user names, and how to write. */
export interface Named {
  readonly kube: Kube;
  readonly namespace: string;
  readonly name: string;
  readonly isDry: boolean;
}

/**
 * Does the same to each Deployment that the user names, and prints what was done as kubectl does. One that fails does not keep
 * the others from it; then the exit code is 1.
 */
export async function eachNamed(
  { args, flags, terminal, cluster }: Call<{ readonly "dry-run": typeof dryRun }>,
  act: (named: Named) => Promise<string>,
): Promise<ExitCode> {
  const names = deploymentNames(args);
  const isDry = flags["dry-run"] === "server";
  const { kube, namespace } = await cluster();
  let code: ExitCode = exitCode.done;
  for (const name of names) {
    try {
      const done = await act({ kube, namespace, name, isDry });
      terminal.say(`deployment.apps/${name} ${done}${isDry ? " (server dry run)" : ""}`);
    } catch (error) {
      for (const line of linesOfFailure(error)) terminal.tell(line);
      code = exitCode.error;
    }
  }
  return code;
}
