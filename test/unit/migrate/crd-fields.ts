import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type FieldTable, rowOf } from "../../../migrate/fields.ts";

/** The paths of a kind in a file of `fields/`. */
export function crdPaths(file: string, kind: string): readonly string[] {
  const text = readFileSync(new URL(`fields/${file}.txt`, import.meta.url), "utf8");
  const section = text.split(/^== /m).find((one) => one.startsWith(`${kind}\n`));
  return (section ?? "").split("\n").slice(1).filter(Boolean);
}

/** Expects a row of the table for each path, a path for each row, and no row for a field that the CRD does not have. */
export function expectCovered(paths: readonly string[], table: FieldTable): void {
  expect(paths.length, "fields of the CRD").to.be.above(5);
  expect(
    paths.filter((path) => rowOf(table, path) === undefined),
    "fields without a row",
  ).to.deep.equal([]);
  const rows = Object.keys(table).filter((row) =>
    Object.keys(table).some((one) => one.startsWith(`${row}.`) || one.startsWith(`${row}[`)),
  );
  expect(
    rows.filter((row) => rowOf(table, `${row}.tomorrow`) ?? rowOf(table, `${row}[].tomorrow`)),
    "rows that take an unknown field for their own",
  ).to.deep.equal([]);
  const isUsed = (row: string) =>
    paths.some((path) => path === row || path.startsWith(`${row}.`) || path.startsWith(`${row}[`));
  expect(
    Object.keys(table).filter((row) => !isUsed(row)),
    "rows without a field",
  ).to.deep.equal([]);
}
