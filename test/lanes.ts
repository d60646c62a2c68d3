/**
 * The duration of long test files, in seconds, on two cores with three clusters at a time, which is a little slower. The other files take less
 * than a minute. Only the balance of the lanes depends on these numbers.
 */
const SECONDS: Readonly<Record<string, number>> = {
  "test/stories/track.test.ts": 247,
  "test/stories/judge/taken-back.test.ts": 241,
  "test/stories/ab-test.test.ts": 235,
  "test/stories/verbs.test.ts": 207,
  "test/stories/supersede.test.ts": 198,
  "test/stories/grpc.test.ts": 188,
  "test/stories/judge/quiet.test.ts": 179,
  "test/stories/bad.test.ts": 178,
  "test/stories/judge/outage.test.ts": 162,
  "test/stories/reapply.test.ts": 146,
  "test/stories/undo.test.ts": 144,
  "test/stories/sticky.test.ts": 141,
  "test/stories/shared-route.test.ts": 132,
  "test/stories/killed.test.ts": 127,
  "test/stories/routes.test.ts": 124,
  "test/stories/hooks.test.ts": 122,
  "test/stories/good.test.ts": 108,
  "test/stories/installed.test.ts": 120,
  "test/stories/unready.test.ts": 107,
  "test/stories/blue-green.test.ts": 105,
  "test/stories/autoscaler.test.ts": 100,
  "test/stories/testers.test.ts": 86,
  "test/stories/v1beta1.test.ts": 78,
  "test/stories/weights.test.ts": 76,
  "test/stories/envoy-gateway.test.ts": 300,
  "test/stories/image.test.ts": 60,
  "test/stories/stable-broken.test.ts": 110,
  "test/stories/judge/refused.test.ts": 120,
  "test/stories/kubectl-serin.test.ts": 75,
  "test/stories/plugin-orders.test.ts": 65,
  "test/stories/migrate-flagger.test.ts": 120,
  "test/stories/migrate-argo.test.ts": 90,
  "test/stories/profile.test.ts": 68,
  "test/stories/people/dashboard.test.ts": 90,
  "test/stories/people/notified.test.ts": 70,
  "test/stories/tutorials.test.ts": 75,
};
const OTHERS = 25;

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
