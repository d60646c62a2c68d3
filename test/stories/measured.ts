/** Adds figures to the title of the current test, so that the report shows them. */
export function measured({ test }: Mocha.Context, figures: string): void {
  if (test) test.title += `: ${figures}`;
}
