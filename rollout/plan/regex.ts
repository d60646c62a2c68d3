/** A class of characters; inside, nothing that a dialect might read as another class. */
const CLASS = /\[(?:\\.|[^\]\\])*\]/g;
/** Escapes that RE2, PCRE and JavaScript read alike: classes, word boundaries, white space, and signs as they are. */
const KNOWN_ESCAPE = /^\\(?:[dDwWsSbBtnrf]|[ -/:-@[-`{-~])$/;
/** RE2's. */
const MOST_REPEATS = 1000;

/**
 * What is wrong with an expression, to be read after it; `undefined`: every gateway, and this check, reads it alike. RE2 is
 * the dialect that most of them have.
 */
export function faultOf(expression: string): string | undefined {
  if (/\(\?(?!:)/.test(expression)) return "looks around or has flags, which gateways do not know";
  if (/\\[1-9]|\\k</.test(expression)) return "refers back, which gateways do not know";
  const unknown = (expression.match(/\\./gs) ?? []).find((it) => !KNOWN_ESCAPE.test(it));
  if (unknown !== undefined) return `has the escape ${unknown}, which gateways do not all know`;
  if (/\[\^?[^\]]*\[|\[\^?\]/.test(expression.replaceAll(/\\./gs, "x"))) {
    return "has a bracket in a class of characters, which gateways do not read alike: write \\[ or \\]";
  }
  const repeats = [...expression.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].flatMap(([, from, to]) => [from, to]);
  if (repeats.some((times) => Number(times) > MOST_REPEATS)) return `repeats more than ${MOST_REPEATS} times`;
  try {
    new RegExp(expression);
    return undefined;
  } catch {
    return "is no regular expression";
  }
}

/** For the whole value, whether an implementation matches all of it or searches in it. */
export function anchored(expression: string): string {
  const isWhole = /^\^.*(?<!\\)\$$/s.test(expression) && !expression.includes("|");
  return isWhole ? expression : `^(?:${expression})$`;
}

/** Whether an expression without fault might match the separator of cookies, and with it what follows. */
export function mayCross(expression: string): boolean {
  const plain = expression.replaceAll(/\\[^SWDswd]/g, "x");
  const outside = plain.replaceAll(CLASS, "");
  const classes = plain.match(CLASS) ?? [];
  return (
    expression.includes(";") || /\\[SWD]|[$^]/.test(outside) || classes.some((it) => new RegExp(it).test(";"))
  );
}

/** The expression for the value of one cookie: `.` is any character of it, not of the header. */
export function withinCookie(expression: string): string {
  const tokens = new RegExp(String.raw`\\.|${CLASS.source}|\.`, "g");
  return `(?:${expression.replaceAll(tokens, (token) => (token === "." ? "[^;]" : token))})`;
}
