/** Adds to the title of the present test what it measured, so that the report says it. */
export function told({ test }: Mocha.Context, figures: string): void {
  if (test) test.title += `: ${figures}`;
}
