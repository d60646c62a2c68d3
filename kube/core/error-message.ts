/**
 * The message of a thrown value, for a sentence. For an error without a message it is the error's name. For an
 * AggregateError (no address of a host answers) it is the message of its first error.
 */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return messageOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
