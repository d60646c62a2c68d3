/**
 * `npm run -s judge -- FILE`: judges the ticks of a JSON file (`-`: standard input) as the controller does, to replay an
 * incident or to try another tolerance; docs/judge.md describes the file. Prints JSON and exits with status 0, for every
 * verdict. Prints the problems of an invalid request on standard error and exits with status 2.
 */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { judgeProgram } from "../flags/judge.ts";
import { parseFlags } from "../flags/program.ts";
import { messageOf } from "../kube/core/error-message.ts";
import { judgeText } from "./judge-text.ts";

const { argument: file } = parseFlags(judgeProgram, process.argv.slice(2), process.exit);

try {
  const name = file === "-" ? "standard input" : file;
  process.stdout.write(`${judgeText(name, file === "-" ? await text(process.stdin) : contentOf(file))}\n`);
} catch (error) {
  process.stderr.write(`judge: ${messageOf(error)}\n`);
  process.exitCode = 2;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
}
