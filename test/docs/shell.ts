import { type ChildProcess, spawn } from "node:child_process";

/** What a command did. */
export interface Answer {
  readonly code: number;
  /** Both streams, in the order in which they were written. */
  readonly output: string;
}

/** A bash that runs one command after the other, as a reader's terminal does: variables, folders and jobs stay. */
export class Shell {
  readonly #child: ChildProcess;
  #written = "";
  #number = 0;
  #wake: (() => void) | undefined;

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.#child = spawn("bash", ["--noprofile", "--norc"], { cwd: folder, env: environment });
    this.#child.stdout?.on("data", (data: Buffer) => {
      this.#written += data;
      this.#wake?.();
    });
    this.#child.once("close", () => this.#wake?.());
    this.#child.stdin?.write("exec 2>&1\n");
  }

  /** Runs a command to its end. Throws with what it wrote if it does not end in `limitMs`, or if the shell itself ends. */
  async run(command: string, limitMs: number): Promise<Answer> {
    this.#number += 1;
    const mark = `--- end of command ${this.#number}: `;
    this.#written = "";
    this.#child.stdin?.write(`{ ${command}\n} </dev/null\nprintf '\\n%s%s\\n' '${mark}' $?\n`);
    const deadline = Date.now() + limitMs;
    for (;;) {
      const [output = "", code] = this.#written.split(`\n${mark}`);
      if (code?.includes("\n")) return { code: Number.parseInt(code, 10), output };
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(`no end of ${command}\n${this.#written}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Ends the shell and the jobs that it started. */
  async end(): Promise<void> {
    await this.run("kill $(jobs -p) 2>/dev/null; wait", 10_000).catch(() => this.#child.kill("SIGKILL"));
    this.#child.stdin?.end();
  }
}
