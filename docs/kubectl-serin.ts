import { readFileSync, writeFileSync } from "node:fs";
import { statusScreen } from "../cli/screens/status-screen.ts";
import { historyScreen, listScreen } from "../cli/screens/tables.ts";
import * as example from "./example-rollout.ts";
import { withTable } from "./marked.ts";

const surface = { columns: 110, isUnicode: true, paint: (_how: unknown, text: string) => text };
const narrow = { ...surface, columns: 90 };
const otherPlace = { metadata: { namespace: "pay", name: "ledger" }, at: "2026-11-29T16:23:11.000Z" };
const views = [example.waiting, example.inProgress, { ...example.failed, ...otherPlace }];

const screens = {
  "The screen of a rollout": ["status web", statusScreen(surface, example.inProgress)],
  "The screen of a failure": ["status web", statusScreen(surface, example.failed)],
  "The screen of a list": ["status -A", listScreen(narrow, views, { withNamespace: true, withHead: true })],
  "The screen of a history": ["history web", historyScreen(narrow, example.history, true)],
} as const;

/** docs/kubectl-serin.md with the screens that the program prints for the rollouts of example-rollout.ts. */
export function kubectlSerinPage(page: string): string {
  return Object.entries(screens).reduce(
    (made, [mark, [line, lines]]) =>
      withTable(made, mark, ["", "```console", `$ kubectl serin ${line}`, ...lines, "```", ""]),
    page,
  );
}

if (import.meta.main) {
  const page = new URL("kubectl-serin.md", import.meta.url);
  writeFileSync(page, kubectlSerinPage(readFileSync(page, "utf8")));
}
