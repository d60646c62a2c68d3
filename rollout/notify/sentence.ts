import * as v from "valibot";
import type { Notice } from "../notice/notice.ts";
import { fillGaps, namesIn } from "./gaps.ts";

/** What a receiver's own sentence may name. */
const NAMES = ["cluster", "namespace", "name", "revision", "moment", "strategy", "says", "by"] as const;
/** In characters. */
const LONGEST = 500;

const TEXT = `use a text of 1 to ${LONGEST} characters, such as "{{ namespace }}/{{ name }}: {{ says }}"`;
const KNOWN = `use ${NAMES.map((name) => `{{ ${name} }}`).join(", ")}`;
const isKnown = (name: string): name is (typeof NAMES)[number] => NAMES.some((known) => known === name);

/** An administrator's sentence for a receiver, in place of what the notice says. */
export const sentenceSchema = v.pipe(
  v.string(TEXT),
  v.check((text) => text.trim() !== "" && text.length <= LONGEST, TEXT),
  v.check((text) => namesIn(text).every(isKnown), KNOWN),
);

/** The sentence for one notice; what the notice lacks is left out. */
export function ownSentence(text: string, notice: Notice): string {
  return fillGaps(text, (name) => (isKnown(name) ? (notice[name] ?? "") : ""));
}
