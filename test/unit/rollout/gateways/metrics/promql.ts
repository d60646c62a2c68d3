import type { Labels } from "../../../../../rollout/gateways/metrics/sample.ts";

/** Whether PromQL of the packs' kind (`metric{a=~"…",…} or …`) selects a series, with JavaScript's expressions for RE2's. */
export function selects(promql: string): (metric: string, labels: Labels) => boolean {
  const selectors = promql.split(" or ").map((selector) => {
    const brace = selector.indexOf("{");
    const matchers = [...selector.slice(brace).matchAll(/(\w+)=~("(?:[^"\\]|\\.)*")/g)];
    return {
      metric: selector.slice(0, brace),
      matchers: matchers.map(([, label = "", pattern = ""]) => {
        return { label, expression: new RegExp(`^(?:${JSON.parse(pattern)})$`) };
      }),
    };
  });
  return (metric, labels) =>
    selectors.some(
      (selector) =>
        selector.metric === metric &&
        selector.matchers.every(({ label, expression }) => expression.test(labels[label] ?? "")),
    );
}
