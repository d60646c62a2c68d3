import type { ComponentChildren } from "preact";
import type { TextTable } from "../model/numbers.ts";

/** A table of texts, whose first column names the row. */
export function Table({ caption, table }: { readonly caption: string; readonly table: TextTable }) {
  return (
    <Wide label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {table.head.map((text) => (
              <th key={text} scope="col">
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, i) => (
            <tr key={i}>
              {row.map((text, column) =>
                column === 0 ? (
                  <th key={column} scope="row">
                    {text}
                  </th>
                ) : (
                  <td key={column}>{text}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

/** What is wider than a phone scrolls; the keyboard reaches it as well. */
export function Wide({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must have a way in for the keyboard
    <section class="wide" aria-label={`table: ${label}`} tabIndex={0}>
      {children}
    </section>
  );
}
