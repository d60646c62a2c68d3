const END = "<!-- End of the table. -->";

/**
 * A page with one table replaced: the text between the comment `mark` and the comment that ends a table. Throws an Error if
 * the page has not exactly one such mark, or no end after it.
 */
export function withTable(page: string, mark: string, table: readonly string[]): string {
  const begin = `<!-- ${mark} -->`;
  const [before, rest, ...more] = page.split(begin);
  const end = rest?.indexOf(END) ?? -1;
  if (before === undefined || rest === undefined || more.length > 0 || end < 0)
    throw new Error(`the page needs one table between ${begin} and ${END}`);
  return `${before}${begin}\n${table.join("\n")}\n${rest.slice(end)}`;
}
