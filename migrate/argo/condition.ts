import { decimal } from "../template.ts";

/** ResultLimits on a result, without the name of the metric: `>= 0.95`. `undefined`: the expression is another one. */
export type ResultLimits = readonly string[] | undefined;

const COMPARISON = /^(?:asFloat|asInt)?\(?\s*result(?:\[0\])?\s*\)?\s*(>=|>|<=|<)\s*(-?\d+(?:\.\d+)?)$/;
/** What passes without a value: Serin waits then, whatever the expression says. */
const WITHOUT_VALUE =
  /^(?:len\(result\)\s*==\s*0|isNaN\(result(?:\[0\])?\)|isNil\(result(?:\[0\])?\))\s*\|\|\s*/;
const opposite: Readonly<Record<string, string>> = { ">=": "<", ">": "<=", "<=": ">", "<": ">=" };

/** The limits of a successCondition: comparisons of the result with numbers, joined by `&&`. */
export function limitsOfSuccess(condition: string): ResultLimits {
  return comparisons(condition.trim().replace(WITHOUT_VALUE, ""), "&&", (operator) => operator);
}

/** The limits of a failureCondition: the opposite of comparisons that are joined by `||`. */
export function limitsOfFailure(condition: string): ResultLimits {
  return comparisons(condition.trim(), "||", (operator) => opposite[operator] ?? operator);
}

function comparisons(text: string, joint: string, turn: (operator: string) => string): ResultLimits {
  const found = text.split(joint).map((part) => COMPARISON.exec(part.trim()));
  if (found.some((one) => one === null)) return undefined;
  return found.map((one) => `${turn(one?.[1] ?? "")} ${decimal(Number(one?.[2]))}`);
}
