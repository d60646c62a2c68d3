import { literal } from "../rollout/text/literal.ts";

/** A condition on a text, as Istio and Flagger write it. */
export interface StringMatch {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  readonly regex?: string | undefined;
}

/** A condition as the Gateway API writes it. */
export interface TypedMatch {
  readonly type: "Exact" | "RegularExpression";
  readonly value: string;
}

/** The same condition in the Gateway API's terms; `undefined` if it is empty. */
export function typedMatch({ exact, prefix, suffix, regex }: StringMatch): TypedMatch | undefined {
  if (exact !== undefined) return { type: "Exact", value: exact };
  if (regex !== undefined) return { type: "RegularExpression", value: regex };
  if (prefix !== undefined) return { type: "RegularExpression", value: `${literal(prefix)}.*` };
  return suffix === undefined ? undefined : { type: "RegularExpression", value: `.*${literal(suffix)}` };
}

/** Conditions by the name of the header or parameter, in the order in which they are written; `undefined` if one is empty. */
export function typedMatches(
  conditions: Readonly<Record<string, StringMatch>> | undefined,
): readonly (TypedMatch & { readonly name: string })[] | undefined {
  const found = Object.entries(conditions ?? {}).map(([name, condition]) => {
    const match = typedMatch(condition);
    return match && { name, ...match };
  });
  return found.some((one) => one === undefined) ? undefined : found.flatMap((one) => one ?? []);
}
