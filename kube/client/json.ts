const ESCAPED = /[<>&\u2028\u2029]/g;

/**
 * JSON as Go writes it. The API server compares the value of a JSON patch's `test` with its own text byte by byte, and
 * there `>` is `\u003e`. In other JSON a `test` of an annotation such as "success-rate >= 99%" would always fail.
 */
export function formatJson(value: object): string {
  return JSON.stringify(value).replaceAll(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
