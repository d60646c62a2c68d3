/** The labels of a series. */
export type Labels = Readonly<Record<string, string>>;

/** One series of an instant query: labels and value. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}
