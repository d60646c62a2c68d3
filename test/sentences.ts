import { existsSync, readFileSync } from "node:fs";
import { missingHeading, readHeadings } from "../docs/troubleshooting.ts";
import { count } from "./count.ts";
import type { Heard } from "./stories/sentences.ts";

/**
 * Whether docs/troubleshooting.md has a heading for every sentence that users saw in the stories. Prints the headings that
 * are missing, and counts the result as `count` does.
 */
export function compareSentences(path: string, args: readonly string[]): boolean {
  const missing = existsSync(path) ? missingIn(readFileSync(path, "utf8")) : undefined;
  count(missing && missing.length === 0, args);
  if (missing === undefined) return true;
  const mark = missing.length === 0 ? "\u2714" : "\u2716";
  console.log(`\n  ${mark} docs/troubleshooting.md has a heading for every sentence that users saw`);
  for (const one of missing) console.log(`  ${one}`);
  return missing.length === 0;
}

function missingIn(text: string): readonly string[] {
  const headings = readHeadings();
  const heard = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Heard);
  return [
    ...new Set(heard.flatMap(({ place, sentence }) => missingHeading(place, sentence, headings) ?? [])),
  ];
}
