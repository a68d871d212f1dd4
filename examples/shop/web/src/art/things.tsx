import type { ComponentChildren } from "preact";

/** The outline of a thing in a field of 100 by 100, and where its motif goes. */
export interface Thing {
  readonly name: string;
  readonly motif: { readonly x: number; readonly y: number; readonly size: number };
  readonly draw: (body: string, ink: string) => ComponentChildren;
}

const centre = { x: 33, y: 33, size: 34 };

const things: readonly Thing[] = [
  {
    name: "Hanging Ornament",
    motif: { x: 33, y: 42, size: 34 },
    draw: (body, ink) => (
      <>
        <path fill="none" stroke={ink} stroke-width="2" d="M50 6c-9 8-3 16 0 20 3-4 9-12 0-20Z" />
        <circle cx="50" cy="59" r="32" fill={body} />
      </>
    ),
  },
  {
    name: "Tea Towel",
    motif: { x: 33, y: 44, size: 34 },
    draw: (body, ink) => (
      <>
        <path fill={body} d="M22 12h56v78H22Z" />
        <path stroke={ink} stroke-width="2.500" opacity=".55" d="M22 20h56M22 25h56M22 83h56" />
      </>
    ),
  },
  {
    name: "Stoneware Mug",
    motif: { x: 28, y: 36, size: 32 },
    draw: (body) => (
      <>
        <path fill="none" stroke={body} stroke-width="8" d="M70 38c22-4 22 34-2 30" />
        <path fill={body} d="M16 24h56v48a12 12 0 0 1-12 12H28a12 12 0 0 1-12-12Z" />
      </>
    ),
  },
  {
    name: "Candle in a Tin",
    motif: { x: 34, y: 48, size: 32 },
    draw: (body, ink) => (
      <>
        <path fill="#f0b52c" d="M50 8c6 8 7 12 0 18-7-6-6-10 0-18Z" />
        <path stroke={ink} stroke-width="2" d="M50 24v12" />
        <path fill={body} d="M20 40h60v42a6 6 0 0 1-6 6H26a6 6 0 0 1-6-6Z" />
        <path fill={ink} opacity=".25" d="M16 34h68v8H16Z" />
      </>
    ),
  },
  {
    name: "Gift Bag",
    motif: { x: 33, y: 45, size: 34 },
    draw: (body, ink) => (
      <>
        <path fill="none" stroke={ink} stroke-width="2.500" d="M36 32V20a14 14 0 0 1 28 0v12" />
        <path fill={body} d="M20 32h60l4 58H16Z" />
      </>
    ),
  },
  {
    name: "Cushion Cover",
    motif: { x: 30, y: 30, size: 40 },
    draw: (body) => (
      <path fill={body} d="M12 12c26 5 50 5 76 0-5 26-5 50 0 76-26-5-50-5-76 0 5-26 5-50 0-76Z" />
    ),
  },
  {
    name: "Photo Frame",
    motif: centre,
    draw: (body, ink) => (
      <>
        <path fill={ink} opacity=".75" d="M18 10h64v80H18Z" />
        <path fill={body} d="M27 19h46v62H27Z" />
      </>
    ),
  },
  {
    name: "Pocket Notebook",
    motif: { x: 36, y: 32, size: 34 },
    draw: (body, ink) => (
      <>
        <path fill={body} d="M24 12h50a5 5 0 0 1 5 5v66a5 5 0 0 1-5 5H24Z" />
        <path fill={ink} opacity=".7" d="M19 12h9v76h-9Z" />
      </>
    ),
  },
  {
    name: "Tin Lantern",
    motif: { x: 35, y: 48, size: 30 },
    draw: (body, ink) => (
      <>
        <path fill="none" stroke={ink} stroke-width="2.500" d="M38 24a12 14 0 0 1 24 0" />
        <path fill={ink} opacity=".75" d="M50 18 76 40H24Z" />
        <path fill={body} d="M27 40h46v46H27Z" />
        <path fill={ink} opacity=".75" d="M23 84h54v6H23Z" />
      </>
    ),
  },
  {
    name: "Doorstop",
    motif: { x: 33, y: 47, size: 34 },
    draw: (body, ink) => (
      <>
        <path fill="none" stroke={ink} stroke-width="4" d="M38 30c0-22 24-22 24 0" />
        <path fill={body} d="M30 30h40l16 58H14Z" />
      </>
    ),
  },
  {
    name: "Set of Four Coasters",
    motif: { x: 33, y: 43, size: 34 },
    draw: (body, ink) => (
      <>
        <circle cx="50" cy="40" r="33" fill={ink} opacity=".35" />
        <circle cx="50" cy="47" r="33" fill={ink} opacity=".3" />
        <circle cx="50" cy="60" r="33" fill={body} />
      </>
    ),
  },
  {
    name: "Paper Garland",
    motif: { x: 37, y: 45, size: 26 },
    draw: (body, ink) => (
      <>
        <path fill="none" stroke={ink} stroke-width="2" d="M2 22c30 22 66 22 96 0" />
        <circle cx="16" cy="46" r="13" fill={body} />
        <circle cx="84" cy="46" r="13" fill={body} />
        <circle cx="50" cy="58" r="22" fill={body} />
      </>
    ),
  },
];

const parcel: Thing = { name: "", motif: centre, draw: (body) => <path fill={body} d="M16 16h68v68H16Z" /> };

export function thingOf(name: string): Thing {
  return things.find((thing) => name.endsWith(thing.name)) ?? parcel;
}
