import type { Clock } from "../../kube/core/clock.ts";
import type { RolloutView } from "../../rollout/view/view.ts";
import { type ExitCode, exitCode } from "../frame/exit-code.ts";
import type { Terminal } from "../frame/terminal.ts";
import { line } from "../screens/line.ts";
import { statusScreen } from "../screens/status-screen.ts";
import { states, clock as timeOf } from "../screens/words.ts";
import { type Ended, endOf } from "./awaited.ts";
import { patiently } from "./patient.ts";
import type { RolloutReading } from "./rollouts.ts";

/** How often (ms) the rollout is read. */
const LOOK_MS = 1_000;

interface FollowOptions {
  /** The exit code is that of the rollout's end, and the output one line per news. */
  readonly wait: boolean;
  readonly untilPause: boolean;
  /** In ms; 0: no limit. */
  readonly timeout: number;
  readonly revision?: string | undefined;
  readonly image?: string | undefined;
  /** Takes the end of a wait, for whoever shows it elsewhere. */
  readonly onEnd?: ((view: RolloutView, end: Ended) => void) | undefined;
}

/**
 * Follows one rollout to its end. On a terminal, a watch draws the screen again in place; else each news is a line. The rollout
 * that is in flight at the first look is the one that is waited for: a version that supersedes it is not a success.
 */
export async function followRollout(
  read: () => Promise<RolloutReading>,
  options: FollowOptions,
  { terminal, clock }: { readonly terminal: Terminal; readonly clock: Clock },
): Promise<ExitCode> {
  const draw = !options.wait && terminal.isTty ? redraw(terminal) : undefined;
  let reading = await read();
  // Until the API server's first answer, the clock is the machine's.
  const begun = clock.now();
  const isFlying = reading.view.state !== "rest";
  const awaited = { ...options, started: isFlying ? reading.view.started : undefined };
  const readOn = patiently(read, clock, (sentence) => terminal.tell(sentence));
  let told = "";
  for (;;) {
    const { view, unread } = reading;
    const news = newsOf(view);
    if (draw !== undefined) draw(statusScreen(terminal, view, unread));
    else if (news !== told) terminal.say(line(terminal, `${timeOf(view.at)} ${news}`));
    told = news;
    const end = endOf(view, awaited);
    if (end !== undefined) {
      const { code, word } = end;
      const sentence = view.says ?? "";
      if (draw === undefined)
        terminal.say(line(terminal, `${word} deployment/${view.metadata.name} revision ${view.revision}`));
      if (options.wait && code !== exitCode.done) terminal.tell(sentence);
      options.onEnd?.(view, end);
      return options.wait ? code : exitCode.done;
    }
    if (options.timeout > 0 && clock.now() - begun >= options.timeout) {
      terminal.tell(
        `timeout: deployment/${view.metadata.name} is still ${states[view.state][1]}: ${view.says ?? ""}`,
      );
      options.onEnd?.(view, { word: "timeout", code: exitCode.timeout });
      return exitCode.timeout;
    }
    await clock.sleep(LOOK_MS);
    reading = (await readOn()) ?? reading;
  }
}

/** What is worth a new line: numbers alone are not. */
function newsOf({ state, step, steps, traffic, says = "" }: RolloutView): string {
  const at =
    step === undefined || state === "rest"
      ? ""
      : ` step ${step} of ${steps.length}, canary ${traffic.canary} %`;
  const why = ["holding", "waiting", "rolled-back", "rest"].includes(state) ? `: ${says}` : "";
  return `${states[state][1]}${at}${why}`;
}

/** Draws over the last picture, so that the newest one stays on the screen. */
function redraw(terminal: Terminal) {
  let drawn = 0;
  return (lines: readonly string[]) => {
    const up = drawn === 0 ? "" : `\u001b[${drawn}A\u001b[J`;
    terminal.out(`${up}${lines.join("\n")}\n`);
    drawn = lines.length;
  };
}
