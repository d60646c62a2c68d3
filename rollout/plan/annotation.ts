import { invalid, type Parsed } from "../text/parse.ts";

/** One annotation that people write: the row parses it, documents it and says what is right. */
export interface Annotation<T> {
  readonly key: string;
  /** The form of a value, after "use": `increasing percentages`. */
  readonly form: string;
  /** The text that an absent annotation stands for. */
  readonly default?: string;
  /** The value of an absent annotation, if no text stands for it. A row with neither is optional in the plan. */
  readonly absent?: T;
  readonly doc: string;
  readonly example: string;
  readonly parse: (text: string) => Parsed<T>;
}

/** The least that a table of annotations has; a row without a parser is a type error. */
export type AnnotationTable = Readonly<Record<string, Annotation<unknown>>>;

/** Every key under `serin.dev/` begins so. */
export const PREFIX = "serin.dev/";

/** One of these words. */
export function oneOf<const T extends string>(choices: readonly T[]) {
  const form = choices.join(", ").replace(/, (?=[^,]*$)/, " or ");
  const parse = (text: string): Parsed<T> => {
    const value = choices.find((choice) => choice === text.trim());
    return value === undefined ? invalid(text) : { value };
  };
  return { form, parse };
}

/** A revision number, as `kubectl rollout history` shows it. */
export const revision = {
  form: "a revision number",
  example: "7",
  parse: (text: string): Parsed<number> =>
    /^[1-9]\d{0,8}$/.test(text.trim()) ? { value: Number(text) } : invalid(text),
} as const;

/** A revision and the number of a step of its plan, from 1. */
export interface RevisionAndStep {
  readonly revision: number;
  readonly step: number;
}

/** A revision number and the step that is left, as messages count it: `step 2 of 3`. */
export const revisionAndStep = {
  form: "a revision number, a slash and the number of the step to leave",
  example: "7/2",
  parse: (text: string): Parsed<RevisionAndStep> => {
    const [, left, step] = /^([1-9]\d{0,8})\/([1-9]\d{0,3})$/.exec(text.trim()) ?? [];
    return step === undefined ? invalid(text) : { value: { revision: Number(left), step: Number(step) } };
  },
} as const;

/** A whole number from 1 to 1000. */
export function parseIterations(text: string): Parsed<number> {
  const value = /^[1-9]\d{0,3}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value <= 1000 ? { value } : invalid(text);
}

/** A whole percentage from 1% to 100%, with or without the sign. */
export function parseMirror(text: string): Parsed<number> {
  const percent = Number(/^(\d{1,3})%?$/.exec(text.trim())?.[1] ?? 0);
  return percent >= 1 && percent <= 100 ? { value: percent } : invalid(text);
}

/** The remedy for a wrong value: `use increasing percentages, such as "10, 25, 50"`. */
export function remedyOf({ form, example }: Annotation<unknown>): string {
  // A form that names every value, or samples, needs no example.
  return form.includes(example) ? `use ${form}` : `use ${form}, such as "${example}"`;
}
