import stringWidth from "string-width";

/** The blanks between two columns, as kubectl has them. */
export const GAP = 3;

/**
 * Lays rows out in columns as kubectl does: as wide as their widest cell, and no blanks at the end of a line. Colours in the
 * cells do not count.
 */
export function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...rows.map((row) => stringWidth(row[i] ?? ""))),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => padTo(cell, (widths[i] ?? 0) + GAP))
      .join("")
      .trimEnd(),
  );
}

/** The text with blanks up to this width, in columns. */
function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - stringWidth(text)));
}

/** A text of at most this width: the end is cut, and a mark says so. Colours must come afterwards. */
export function cutTo(text: string, width: number, mark = "…"): string {
  if (stringWidth(text) <= width) return text;
  let cut = "";
  for (const character of text) {
    if (stringWidth(cut + character) > width - stringWidth(mark)) break;
    cut += character;
  }
  return cut + mark;
}

/** A name of at most this width: its middle is cut, because both ends tell names apart. Colours must come afterwards. */
export function cutMiddle(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const front = cutTo(text, Math.ceil((width - 1) / 2), "");
  let back = "";
  for (const character of [...text].reverse()) {
    if (stringWidth(character + back) > Math.floor((width - 1) / 2)) break;
    back = character + back;
  }
  return `${front}…${back}`;
}
