/** `order_id` of `orderId`; what protobuf does not allow in a name becomes `_`. */
export function snakeCase(key: string): string {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9_]/g, "_")
    .toLowerCase();
  return /^[a-z]/.test(words) ? words : `f_${words.replace(/^_+/, "")}`;
}

/** `OrderId` of `orderId` and of `order-id`. */
export function pascalCase(key: string): string {
  const words = key.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const name = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join("");
  return /^[A-Za-z]/.test(name) ? name : `F${name}`;
}

/** The JSON name that protobuf gives a field on its own (https://protobuf.dev/programming-guides/json/). */
export function jsonNameOf(fieldName: string): string {
  return fieldName.replace(/_+(.)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? "");
}
