/** A class of characters without anything inside that a dialect might read as another class. */
const CLASS = /\[(?:\\.|[^\]\\])*\]/g;
/** Escapes that RE2, PCRE and JavaScript read alike: classes, word boundaries, white space, and signs as they are. */
const KNOWN_ESCAPE = /^\\(?:[dDwWsSbBtnrf]|[ -/:-@[-`{-~])$/;
/** The limit of RE2. */
const MOST_REPEATS = 1000;

/**
 * How to mend an expression that gateways read in different ways; `undefined`: every gateway, and JavaScript, reads it alike.
 * Most of them have the dialect RE2.
 */
export function regexRemedy(expression: string): string | undefined {
  if (/\(\?(?!:)/.test(expression)) return "remove look-around and flags, which gateways do not support";
  if (/\\[1-9]|\\k</.test(expression)) return "remove back-references, which gateways do not support";
  const unknown = (expression.match(/\\./gs) ?? []).find((it) => !KNOWN_ESCAPE.test(it));
  if (unknown !== undefined) return `remove the escape ${unknown}, which some gateways do not support`;
  if (/\[\^?[^\]]*\[|\[\^?\]/.test(expression.replaceAll(/\\./gs, "x"))) {
    return "write \\[ or \\] for a bracket in a class of characters, which gateways read in different ways";
  }
  const repeats = [...expression.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].flatMap(([, from, to]) => [from, to]);
  if (repeats.some((times) => Number(times) > MOST_REPEATS)) return `repeat at most ${MOST_REPEATS} times`;
  try {
    new RegExp(expression);
    return undefined;
  } catch {
    return "use a regular expression";
  }
}

/** The expression for the whole value: some gateways match all of a value, others search in it. */
export function anchored(expression: string): string {
  const isWhole = /^\^.*(?<!\\)\$$/s.test(expression) && !expression.includes("|");
  return isWhole ? expression : `^(?:${expression})$`;
}

/** Whether a valid expression might match the separator of cookies, and with it the next cookie. */
export function mayCross(expression: string): boolean {
  const plain = expression.replaceAll(/\\[^SWDswd]/g, "x");
  const outside = plain.replaceAll(CLASS, "");
  const classes = plain.match(CLASS) ?? [];
  return (
    expression.includes(";") || /\\[SWD]|[$^]/.test(outside) || classes.some((it) => new RegExp(it).test(";"))
  );
}

/** The expression for the value of one cookie: `.` matches any character of the cookie, not of the header. */
export function withinCookie(expression: string): string {
  const tokens = new RegExp(String.raw`\\.|${CLASS.source}|\.`, "g");
  return `(?:${expression.replaceAll(tokens, (token) => (token === "." ? "[^;]" : token))})`;
}
