import { appendFileSync } from "node:fs";
import type { Place } from "../../docs/troubleshooting.ts";
import { conditionOf } from "../../kube/core/meta.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { CONDITION } from "../../rollout/keys.ts";

/** The environment variable with the path of the file to which each run appends the sentences that users saw. */
export const SENTENCES_FILE = "SERIN_SENTENCES";

/** A sentence of Serin's, and the place where a user saw it. */
export interface Heard {
  readonly place: Place;
  readonly sentence: string;
}

const noted = new Set<string>();

/** Appends sentences to the file of `SENTENCES_FILE`, if that is set: each once in a process. */
export function noteSentences(heard: readonly Heard[], path = process.env[SENTENCES_FILE]): void {
  if (path === undefined) return;
  for (const one of heard) {
    const line = JSON.stringify(one);
    if (!noted.has(line)) appendFileSync(path, `${line}\n`);
    noted.add(line);
  }
}

/** The warnings and the refusal of Serin's webhooks in what kubectl printed to standard error. */
export function sentencesOf(stderr: string): readonly Heard[] {
  const warnings = [...stderr.matchAll(/^Warning: (serin.+)$/gm)].map(([, sentence = ""]) => ({
    place: "warning" as const,
    sentence,
  }));
  const [, refusal = ""] =
    /admission webhook "[\w.-]+\.serin\.dev" denied the request: (.+)$/s.exec(stderr) ?? [];
  const lines = refusal.split("\n").filter((line) => line.trim() !== "");
  return [
    ...warnings,
    ...lines.map((line) => ({ place: "refusal" as const, sentence: line.replace(/^serin: /, "") })),
  ];
}

/** The sentence of a Deployment's condition `Canary`. */
export function sentencesIn({ status }: Deployment): readonly Heard[] {
  const sentence = conditionOf(status?.conditions, CONDITION)?.message;
  return sentence === undefined ? [] : [{ place: "condition", sentence }];
}
