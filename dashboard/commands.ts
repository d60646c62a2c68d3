import type { RolloutView } from "../rollout/view/view.ts";

/** The commands that make sense now, the likeliest first. */
export function commandsFor(view: RolloutView): readonly string[] {
  const { metadata, state, paused, step, steps, versions } = view;
  const of = (verb: string) => `kubectl serin ${verb} ${metadata.name} -n ${metadata.namespace}`;
  const isLast = step === undefined || step >= steps.length;
  switch (state) {
    case "rest":
      return [of("history")];
    case "rolled-back":
      return [of("undo"), of("retry")];
    case "undone":
    case "promoting":
      return [of("status")];
    case "preparing":
      return [of("abort"), of("promote")];
    case "progressing":
    case "holding":
      return [...(isLast ? [] : [of("advance")]), of("promote"), of("abort")];
    case "waiting":
      if (paused === true) return [of("resume"), of("abort")];
      // Nothing is left to go back to if the stable version was deleted.
      return [of("promote"), ...(versions.stable === undefined ? [] : [of("abort")])];
    default:
      return state satisfies never;
  }
}
