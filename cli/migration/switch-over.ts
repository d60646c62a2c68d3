import type { Clock } from "../../kube/core/clock.ts";
import { doneCount, type LiveStep, type LiveWrite, nextMove } from "../../migrate/live/step.ts";
import { UsageError } from "../frame/failure.ts";

const POLL_MS = 500;
/** How often one step may be written without an effect. */
const MOST_TRIES = 5;

/** The means of a switch-over. */
export interface SwitchOver<S> {
  readonly steps: readonly LiveStep<S>[];
  readonly read: () => Promise<S>;
  readonly perform: (writes: readonly LiveWrite[]) => Promise<void>;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** How many steps are to be done in the end. */
  readonly wanted: number;
  /** How long (ms) one wait may last. */
  readonly patienceMs: number;
}

/**
 * Takes the steps one by one until the wanted number is done, forwards or backwards. All state is in the cluster: after a kill at
 * any moment it continues. Throws a UsageError if a step must not be taken, and an Error if a wait is too long.
 */
export async function switchOver<S>(over: SwitchOver<S>): Promise<void> {
  const { steps, read, perform, clock, say, wanted, patienceMs } = over;
  let done = -1;
  let since = clock.now();
  let waiting = "";
  let waitsSince = since;
  let tries = 0;
  for (;;) {
    const seen = await read();
    const now = clock.now();
    const count = doneCount(steps, seen);
    if (count !== done) [done, since, tries] = [count, now, 0];
    const move = nextMove(steps, seen, { wanted, restMs: now - since });
    switch (move.kind) {
      case "done":
        return;
      case "refuse":
        throw new UsageError(move.why);
      case "wait":
        if (move.why !== waiting) {
          say(`  ${move.why}`);
          [waiting, waitsSince] = [move.why, now];
        }
        if (now - waitsSince > patienceMs)
          throw new Error(
            `${move.why}: still so after ${Math.round(patienceMs / 1000)}s; the same command continues`,
          );
        await clock.sleep(POLL_MS);
        break;
      case "do":
      case "undo": {
        tries += 1;
        if (tries > MOST_TRIES)
          throw new Error(`${move.step.name} has no effect: somebody else writes the same objects`);
        const place = `${steps.indexOf(move.step) + 1} of ${steps.length}`;
        say(
          move.kind === "do"
            ? `step ${place}: ${move.step.name}`
            : `undone: step ${place}: ${move.step.name}`,
        );
        await perform(move.writes);
        waiting = "";
        break;
      }
      default:
        move satisfies never;
    }
  }
}
