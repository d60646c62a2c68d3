import { CopyCommand } from "./copy.tsx";

/** The commands that make sense now, in the box of the verdict: they are what a person does about it. */
export function CommandList({ commands }: { readonly commands: readonly string[] }) {
  if (commands.length === 0) return null;
  return (
    <ul class="commands" aria-label="Commands">
      {commands.map((text) => (
        <li key={text}>
          <CopyCommand text={text} />
        </li>
      ))}
    </ul>
  );
}
