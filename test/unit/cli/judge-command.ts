import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { judgeText } from "../../../cli/judge-text.ts";

const main = join(import.meta.dirname, "../../../cli/main.ts");

/** Runs `npm run judge` in a process of its own; `input` is its standard input. */
export function judge(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "judge", ...args], {
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** The verdict on a request; throws when the request is not valid. */
export function judged(request: object): Record<string, (number | null)[]> {
  return JSON.parse(judgeText("the request", JSON.stringify(request)));
}
