const brush = document.createElement("canvas").getContext("2d")!;
let family: string | undefined;

/** How wide a text is, drawn so large; both in the same unit. */
export function widthOf(text: string, size: number, weight = 400): number {
  family ??= getComputedStyle(document.body).fontFamily;
  brush.font = `${weight} ${size}px ${family}`;
  return brush.measureText(text).width;
}

/** As much of a name as there is room for. */
export function fitting(name: string, room: number, size: number): string {
  if (widthOf(name, size, 500) <= room) return name;
  let kept = name.slice(0, -1);
  while (kept.length > 1 && widthOf(`${kept}…`, size, 500) > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}
