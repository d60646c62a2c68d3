import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** The exit status and output of a command. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The standard input and the namespace of a command. */
interface KubectlOptions {
  readonly input?: string;
  readonly namespace?: string;
}

/** Runs kubectl; any exit status is an answer. */
export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<Output>;

/** kubectl as the user of a kubeconfig, with its caches in `dir`. It finds plugins on `path`. */
export function kubectlFor(
  program: string,
  kubeconfig: string,
  dir: string,
  path = "/usr/bin:/bin",
): Kubectl {
  return async (args, { input = "", namespace } = {}) => {
    const scope = namespace === undefined ? [] : ["--namespace", namespace];
    const child = spawn(program, [...scope, ...args], {
      env: {
        PATH: path,
        HOME: dir,
        LANG: "C.UTF-8",
        KUBECONFIG: kubeconfig,
        KUBECACHEDIR: `${dir}/kubectl`,
        // kubectl has the flag --applyset only with this.
        KUBECTL_APPLYSET: "true",
      },
    });
    // A command that does not read its input may close it first.
    child.stdin.on("error", () => {}).end(input);
    const closed = once(child, "close");
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await closed;
    return { code: child.exitCode ?? 1, stdout, stderr };
  };
}
