export { literal } from "../../text/literal.ts";

/** One of these expressions. Throws a RangeError without any: an empty expression would match series without the label. */
export function anyOf(patterns: Iterable<string>): string {
  const distinct = [...new Set(patterns)].sort();
  if (distinct.length === 0) throw new RangeError("a query needs at least one backend");
  return distinct.length === 1 ? `${distinct[0]}` : `(?:${distinct.join("|")})`;
}

/** One of these pairs, head then tail; a head is written once for all its tails. */
export function anyPair(pairs: Iterable<readonly [head: string, tail: string]>): string {
  const tails = new Map<string, string[]>();
  for (const [head, tail] of pairs) {
    const known = tails.get(head);
    if (known === undefined) tails.set(head, [tail]);
    else known.push(tail);
  }
  return anyOf([...tails].map(([head, all]) => head + anyOf(all)));
}

/** A PromQL matcher. Prometheus anchors the expression on both sides. */
export function matcher(label: string, pattern: string): string {
  return `${label}=~${JSON.stringify(pattern)}`;
}
