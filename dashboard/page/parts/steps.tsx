import type { StepText } from "../model/steps.ts";

/** The steps in a row. */
export function StepList({ steps }: { readonly steps: readonly StepText[] }) {
  return (
    <ol class="steps" aria-label="Steps">
      {steps.map(({ look, text }, i) => (
        <li key={i} class={look} aria-current={look === "now" ? "step" : undefined}>
          {text}
        </li>
      ))}
    </ol>
  );
}
