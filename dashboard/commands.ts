import type { RolloutView } from "../rollout/view/view.ts";

/** The commands that make sense now, the likeliest first. */
export function commandsFor(view: RolloutView): readonly string[] {
  const { metadata, state, paused, step, steps, versions } = view;
  const of = (verb: string) => `kubectl serin ${verb} ${metadata.name} -n ${metadata.namespace}`;
  // Nothing is left to go back to if the stable version was deleted.
  const isLost = versions.stable === undefined;
  const isLast = step === undefined || step >= steps.length;
  switch (state) {
    case "rest":
      return [of("history")];
    case "rolled-back":
      return isLost ? [of("promote")] : [of("undo"), of("retry")];
    case "undone":
    case "promoting":
      return [of("status")];
    case "preparing":
      return [of("abort"), of("promote")];
    case "progressing":
    case "holding":
      return [...(isLast ? [] : [of("advance")]), of("promote"), of("abort")];
    case "waiting":
      return [of(paused === true ? "resume" : "promote"), ...(isLost ? [] : [of("abort")])];
    default:
      return state satisfies never;
  }
}
