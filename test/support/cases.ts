/**
 * The number of random cases with which to test a property: all of them, or the part (0 to 1) that the environment names.
 * `npm run check` takes a tenth, because people wait for it at every change.
 */
export function cases(all: number): number {
  return Math.ceil(all * Number(process.env.SERIN_CASES ?? 1));
}
