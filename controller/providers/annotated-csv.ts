/** A record: the value of each column, by its name. */
export type Row = Readonly<Record<string, string>>;

/**
 * Reads the tables of InfluxDB's annotated CSV, with or without annotations. A header begins a result, its column
 * `table` tells the tables in it apart. Throws a TypeError where a header is none.
 */
export function tablesIn(text: string): readonly (readonly Row[])[] {
  const tables = new Map<string, Row[]>();
  let header: readonly string[] | undefined;
  let result = 0;
  for (const cells of recordsIn(text)) {
    if (cells.every((cell) => cell === "") || cells[0]?.startsWith("#")) header = undefined;
    else if (header === undefined) {
      if (!cells.includes("table") && !cells.includes("error")) throw new TypeError("no header of a table");
      header = cells;
      result++;
    } else {
      const row = Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ""]));
      const key = `${result} ${row.table ?? ""}`;
      const rows = tables.get(key);
      if (rows === undefined) tables.set(key, [row]);
      else rows.push(row);
    }
  }
  return [...tables.values()];
}

/** The records of CSV as RFC 4180 has it; a blank line is a record of one empty cell. */
function recordsIn(text: string): readonly (readonly string[])[] {
  const records: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    records.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end !== ",") records.push([]);
  }
  return records.filter((cells) => cells.length > 0);
}
