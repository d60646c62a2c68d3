import { invalid, type Parsed } from "../text/parse.ts";

/** How many pods the canary has: as many as its weight needs, a fixed number, or a percentage of the replicas. */
export type Size =
  | { readonly kind: "weight" }
  | { readonly kind: "pods"; readonly pods: number }
  | { readonly kind: "percent"; readonly percent: number };

/** `weight`, `3` or `50%`. */
export function parseSize(text: string): Parsed<Size> {
  const trimmed = text.trim();
  if (trimmed === "weight") return { value: { kind: "weight" } };
  const [, digits = "", sign] = /^(\d{1,5})(%?)$/.exec(trimmed) ?? [];
  const number = Number(digits);
  if (digits === "" || number === 0) return invalid(text);
  if (sign === "") return { value: { kind: "pods", pods: number } };
  return number > 100 ? invalid(text, "use at most 100%") : { value: { kind: "percent", percent: number } };
}

/** The canary's size in words, for a warning; `undefined` if the size follows the weight. */
export function describeSize(size: Size): string | undefined {
  switch (size.kind) {
    case "weight":
      return undefined;
    case "pods":
      return `${size.pods} canary pods`;
    case "percent":
      return `canary pods for ${size.percent}% of the replicas`;
    default:
      return size satisfies never;
  }
}
