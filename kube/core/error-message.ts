/**
 * The message of whatever was thrown, for a sentence. An error without one is known by its name, and several that stand for
 * one (no address of a host answers) by the first of them.
 */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return messageOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
