/** Times in objects are RFC 3339. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
