/**
 * `npm run -s judge -- FILE`: judges the ticks of a JSON file (`-`: standard input) as the controller does, to replay an
 * incident or to try another tolerance; docs/judge.md says what stands in it. Prints JSON and ends with status 0, whatever
 * the verdict is; or says on standard error what is wrong with the request, and ends with status 2.
 */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { replay } from "./judge-replay.ts";
import { parseRequest } from "./judge-request.ts";

const USAGE =
  "usage: npm run -s judge -- FILE   (- reads standard input; docs/judge.md says what stands in FILE)";
const MOST_COMPLAINTS = 20;

try {
  const file = fileOf(process.argv.slice(2));
  const name = file === "-" ? "standard input" : file;
  const json = jsonOf(name, file === "-" ? await text(process.stdin) : contentOf(file));
  const parsed = parseRequest(json);
  if ("complaints" in parsed) fail([`${name} cannot be judged:`, ...shorten(parsed.complaints)]);
  else process.stdout.write(`${JSON.stringify(replay(parsed.request))}\n`);
} catch (error) {
  fail([(error as Error).message]);
}

function fileOf(args: string[]): string {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new Error(`one FILE is needed\n${USAGE}`);
  return file;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function jsonOf(name: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new Error(`${name} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

function shorten(complaints: readonly string[]): readonly string[] {
  const more = complaints.length - MOST_COMPLAINTS;
  return [...complaints.slice(0, MOST_COMPLAINTS), ...(more > 0 ? [`… and ${more} more`] : [])];
}

function fail(lines: readonly string[]): void {
  process.stderr.write(`judge: ${lines.join("\n  ")}\n`);
  process.exitCode = 2;
}
