import { linesOfFailure } from "../frame/failure.ts";

/** SIGHUP comes when the user closes the terminal. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `task` with a signal that aborts when the user interrupts the program, or when the system ends it. Then, the program ends
 * by that very signal, as a shell expects, but not before `task` has cleaned up. A second interruption ends it at once. `tell`
 * says so, and why a clean-up failed: what `task` throws then, other than the signal's reason.
 */
export async function untilInterrupted<T>(
  tell: (line: string) => void,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (by: NodeJS.Signals) => {
    release();
    tell("interrupted: removing the objects of the check; another Ctrl-C leaves them");
    controller.abort(by);
  };
  const release = () => {
    for (const signal of SIGNALS) process.removeListener(signal, abort);
  };
  for (const signal of SIGNALS) process.on(signal, abort);
  try {
    return await task(controller.signal);
  } catch (error) {
    const { aborted, reason } = controller.signal;
    // The program ends before its caller could tell it.
    if (aborted && error !== reason) linesOfFailure(error).forEach(tell);
    throw error;
  } finally {
    release();
    if (controller.signal.aborted) process.kill(process.pid, controller.signal.reason);
  }
}
