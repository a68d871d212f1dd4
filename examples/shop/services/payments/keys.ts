/**
 * The keys by which the bank knows our orders to it. They are made of what is paid for, not of the command that asks:
 * whoever gives an order's money back can name its charge, also where the answer to the charge was lost.
 */
export const bankKeys = {
  charge: (orderId: string) => `charge-${orderId}`,
  undo: (orderId: string) => `undo-${orderId}`,
  return: (returnId: string, orderId: string) => `return-${returnId}-${orderId}`,
};
