/** The style of an element with the class `part`: its background is a bar, from nothing (0) to the whole width (1). */
export function barStyle(part: number) {
  // It is set by script, which the policy for styles allows.
  return { "--part": `${Math.round(part * 100)}%` };
}
