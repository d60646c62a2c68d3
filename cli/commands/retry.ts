import { orderCommandOf } from "../orders/order-command.ts";

export const retryCommand = orderCommandOf("retry", {
  about: "Starts the failed version once more.",
  more: "From the first step, with nothing carried over.",
  does: "Try again after the cause is mended",
});
