import { describePlan } from "../rollout/plan/describe.ts";
import { parsePlan } from "../rollout/plan/plan.ts";
import type { Conversion } from "./conversion.ts";
import type { Fate, Note } from "./note.ts";

const headings: Readonly<Record<Fate, string>> = {
  not: "Cannot be carried",
  differs: "Has another effect than before",
  carried: "Is carried",
  admin: "To do for an administrator of Serin",
};

/** The plan in Serin's words; absent where the Deployment is not opted in. */
export function planSentence({ files }: Conversion): string | undefined {
  const patched = files.flatMap(({ objects }) => objects).find(({ kind }) => kind === "Deployment");
  const parsed = parsePlan(patched?.metadata.annotations ?? {});
  return "plan" in parsed ? describePlan(parsed.plan) : undefined;
}

/** NOTES.md: what became of each field. */
export function notesPage(conversion: Conversion): string {
  const { source, name, files, notes } = conversion;
  const title = files.length === 0 ? source : `${source} as deployment/${name}`;
  const plan = planSentence(conversion);
  const fates = Object.keys(headings) as Fate[];
  const sections = fates.flatMap((fate) => {
    const lines = notes.filter((note) => note.fate === fate).map((note) => `- ${sentenceOf(note)}`);
    return lines.length === 0 ? [] : [`## ${headings[fate]}`, lines.join("\n")];
  });
  return `${[`# ${title}`, ...(plan === undefined ? [] : [plan]), ...sections].join("\n\n")}\n`;
}

/** A note in one line: the field, then what became of it. */
export function sentenceOf({ field, says }: Note): string {
  return field === undefined ? says : `\`${field}\`: ${says}`;
}
