/**
 * The duration of long test files, in seconds, on two cores with two clusters at a time. The other files take about a
 * minute. Only the balance of the lanes depends on these numbers.
 */
const SECONDS: Readonly<Record<string, number>> = {
  "test/stories/ab-test.test.ts": 242,
  "test/stories/judge/taken-back.test.ts": 221,
  "test/stories/track.test.ts": 215,
  "test/stories/reapply.test.ts": 197,
  "test/stories/verbs.test.ts": 206,
  "test/stories/grpc.test.ts": 195,
  "test/stories/supersede.test.ts": 186,
  "test/stories/shared-route.test.ts": 183,
  "test/stories/bad.test.ts": 178,
  "test/stories/undo.test.ts": 150,
  "test/stories/judge/quiet.test.ts": 170,
  "test/stories/sticky.test.ts": 162,
  "test/stories/judge/outage.test.ts": 150,
  "test/stories/blue-green.test.ts": 130,
  "test/stories/routes.test.ts": 127,
  "test/stories/killed.test.ts": 123,
  "test/stories/hooks.test.ts": 120,
};
const OTHERS = 60;

/** Divides test files into lanes of similar duration: the longest files first, each into the shortest lane. */
export function lanesOf(files: readonly string[], count: number): readonly (readonly string[])[] {
  const lanes = Array.from({ length: count }, () => ({ seconds: 0, files: [] as string[] }));
  const secondsOf = (file: string) => SECONDS[file] ?? OTHERS;
  for (const file of files.toSorted((a, b) => secondsOf(b) - secondsOf(a))) {
    const shortest = lanes.reduce((least, lane) => (lane.seconds < least.seconds ? lane : least));
    shortest.files.push(file);
    shortest.seconds += secondsOf(file);
  }
  return lanes.map((lane) => lane.files);
}
