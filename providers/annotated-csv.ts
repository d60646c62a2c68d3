import { parse } from "csv-parse/sync";

/** A record: the value of each column by the column's name. */
export type CsvRow = Readonly<Record<string, string>>;

/**
 * Reads the tables of InfluxDB's annotated CSV, with or without annotations. A header begins a result; the column
 * `table` separates the tables in it. Throws an Error when the text is not CSV or a header is not valid.
 */
export function tablesIn(text: string): readonly (readonly CsvRow[])[] {
  const tables = new Map<string, CsvRow[]>();
  let header: readonly string[] | undefined;
  let result = 0;
  for (const cells of recordsIn(text)) {
    if (cells.every((cell) => cell === "") || cells[0]?.startsWith("#")) header = undefined;
    else if (header === undefined) {
      if (!cells.includes("table") && !cells.includes("error"))
        throw new TypeError("not the header of a table");
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

/** The records of the CSV. A blank line, which ends a table, is a record of one empty cell. */
function recordsIn(text: string): readonly (readonly string[])[] {
  return parse(text, { relax_column_count: true, record_delimiter: ["\r\n", "\n"] });
}
