import type { ComponentChildren } from "preact";

interface PartProps {
  readonly title: string;
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
}

/** A part of the page of a rollout, with its heading. */
export function PagePart({ title, isWide = true, children }: PartProps) {
  return (
    <section class={isWide ? "part-of wide-part" : "part-of"} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
