import { changedLines } from "../../../rollout/text/line-diff.ts";
import type { ChangedObjectText } from "../../api.ts";
import { PagePart } from "./part.tsx";

/** What Serin has changed on the user's objects, as a diff of YAML. */
export function ChangesPart({ changes }: { readonly changes: readonly ChangedObjectText[] }) {
  if (changes.length === 0) return null;
  return (
    <PagePart title="Changed by Serin">
      {changes.map((change) => (
        <ChangedObjectLines key={`${change.namespace}/${change.name}`} change={change} />
      ))}
    </PagePart>
  );
}

function ChangedObjectLines({
  change: { name, namespace, was, is },
}: {
  readonly change: ChangedObjectText;
}) {
  const lines = changedLines(was === undefined ? [] : linesOf(was), linesOf(is));
  return (
    <details>
      <summary>
        {name} -n {namespace}: {was === undefined ? "does not exist at rest" : countText(lines.length)}
      </summary>
      {/* A region that scrolls must have a way in for the keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <pre tabIndex={0}>
        {lines.map(({ sign, text }, i) => (
          <span key={i} class={looks[sign]}>
            {`${sign} ${text}\n`}
          </span>
        ))}
      </pre>
    </details>
  );
}

const looks = { " ": undefined, "-": "removed", "+": "added" } as const;

function linesOf(text: string): readonly string[] {
  return text.trimEnd().split("\n");
}

function countText(count: number): string {
  return count === 0 ? "as its owner wrote it" : "changed while in flight";
}
