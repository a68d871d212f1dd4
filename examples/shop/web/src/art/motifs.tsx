import type { ComponentChildren } from "preact";

/** What is painted on the shop's things, in a field of 32 by 32, by the words that their names begin with. */
export interface Motif {
  readonly name: string;
  /** Behind the thing. */
  readonly ground: string;
  /** Of the thing. */
  readonly body: string;
  readonly ink: string;
  readonly draw: (ink: string) => ComponentChildren;
}

const heart = (ink: string) => (
  <path
    fill={ink}
    d="M16 28C7 21.500 3 17 3 11.600A6.600 6.600 0 0 1 16 9a6.600 6.600 0 0 1 13 2.600C29 17 25 21.500 16 28Z"
  />
);

export const motifs: readonly Motif[] = [
  { name: "Scarlet Heart", ground: "#f9e1dd", body: "#fffaf5", ink: "#c0392b", draw: heart },
  { name: "Linen Heart", ground: "#ebe3d5", body: "#fbf7ef", ink: "#a58b63", draw: heart },
  {
    name: "Winter Robin",
    ground: "#dfe8ee",
    body: "#ffffff",
    ink: "#6b4f3a",
    draw: (ink) => (
      <>
        <path
          fill={ink}
          d="M4 16c0-6.500 5-11 11-11 5 0 8.500 3 9 7l4 1.500-3.600 2C24 22.500 19 27 13.500 27 9 27 6 25 4.500 22L1 21Z"
        />
        <path fill="#d1542f" d="M13 13c3-3 8-3 11-1 .6 7-3.500 13-9 14.500C11.500 23 10.500 17 13 13Z" />
        <circle cx="20.500" cy="10" r="1.200" fill="#1d1f24" />
        <path stroke={ink} stroke-width="1.300" d="M12 27v4M16 26.500V31" />
      </>
    ),
  },
  {
    name: "Lavender Row",
    ground: "#e9e4f2",
    body: "#fdfbff",
    ink: "#7a5ca8",
    draw: (ink) => (
      <>
        <path fill="none" stroke="#5f8a5b" stroke-width="1.400" d="M8 30V12M16 30V8M24 30V12" />
        {[8, 16, 24].flatMap((x, i) =>
          [0, 1, 2, 3].map((step) => (
            <ellipse
              key={`${x}${step}`}
              cx={x}
              cy={(i === 1 ? 4 : 8) + step * 3.6}
              rx={2.9 - Math.abs(step - 1.5) * 0.4}
              ry="2"
              fill={ink}
            />
          )),
        )}
      </>
    ),
  },
  {
    name: "Little Lighthouse",
    ground: "#d9eaf0",
    body: "#ffffff",
    ink: "#c8402f",
    draw: (ink) => (
      <>
        <path fill="#f4c95d" d="M12 8 1 4v8Zm8 0 11-4v8Z" opacity=".8" />
        <path fill="#ffffff" stroke={ink} d="M12 10h8l2.500 19h-13Z" />
        <path
          fill={ink}
          d="m11.700 14 8.800-.1.600 4.600-9.900.1Zm-1 9 11-.1.500 5.600-12.300.1ZM12 5.500 16 2l4 3.500V10h-8Z"
        />
      </>
    ),
  },
  {
    name: "First Snowflake",
    ground: "#dde7f5",
    body: "#fbfdff",
    ink: "#4a79b8",
    draw: (ink) => (
      <g fill="none" stroke={ink} stroke-width="1.700" stroke-linecap="round">
        {[0, 60, 120].map((turn) => (
          <path
            key={turn}
            transform={`rotate(${turn} 16 16)`}
            d="M16 3v26M12.500 6 16 9.500 19.500 6M12.500 26l3.500-3.500 3.500 3.500"
          />
        ))}
      </g>
    ),
  },
  {
    name: "Busy Bumblebee",
    ground: "#fbefcf",
    body: "#fffdf6",
    ink: "#2b2622",
    draw: (ink) => (
      <>
        <ellipse cx="13" cy="9.500" rx="4" ry="6.500" fill="#bcd7e6" transform="rotate(-20 13 9.500)" />
        <ellipse cx="20" cy="9.500" rx="4" ry="6.500" fill="#d3e6f0" transform="rotate(20 20 9.500)" />
        <ellipse cx="16" cy="19" rx="11" ry="8" fill="#f0b52c" />
        <path
          fill={ink}
          d="M11 12.200c2-.9 3-1.100 4-1.200v16c-1.500-.1-3-.5-4-1Zm8-.8c1.500.4 3 1 4 1.900v11.400c-1 .9-2.500 1.500-4 1.900ZM26.900 17a7 7 0 0 1 0 4l3.100-2Z"
        />
      </>
    ),
  },
  {
    name: "Foxglove Lane",
    ground: "#f5e0ea",
    body: "#fffafc",
    ink: "#b1497e",
    draw: (ink) => (
      <>
        <path fill="none" stroke="#55804f" stroke-width="1.500" d="M16 31V3" />
        <path fill="#55804f" d="M16 30c-5 0-8-2-9-5 5-.5 8 1.500 9 5Zm0-1c5 0 8-2 9-5-5-.5-8 1.500-9 5Z" />
        {[5, 10.5, 16].map((y, i) => (
          <path
            key={y}
            fill={ink}
            d={`M16 ${y}c-3-1-${6 + i} 0-${7 + i} 6 2.500 1.200 5 1 6.500-1Zm0 1c3-1 ${6 + i} 0 ${7 + i} 6-2.500 1.200-5 1-6.500-1Z`}
          />
        ))}
      </>
    ),
  },
  {
    name: "Toadstool Wood",
    ground: "#e6ecd9",
    body: "#fffef8",
    ink: "#b8321f",
    draw: (ink) => (
      <>
        <path fill="#efe6d2" stroke="#b9a98a" d="M12.500 16h7c-.5 5 .5 9 2.500 13H10c2-4 3-8 2.500-13Z" />
        <path fill={ink} d="M2.500 18C3 9.500 9 4 16 4s13 5.500 13.500 14c-8 2.500-19 2.500-27 0Z" />
        <circle cx="11" cy="11" r="2.200" fill="#fff" />
        <circle cx="19" cy="8.500" r="1.800" fill="#fff" />
        <circle cx="22" cy="14.500" r="2.300" fill="#fff" />
        <circle cx="14.500" cy="16" r="1.500" fill="#fff" />
      </>
    ),
  },
  {
    name: "Paper Boat",
    ground: "#d7ebe8",
    body: "#fdfffe",
    ink: "#27706b",
    draw: (ink) => (
      <>
        <path fill="#fff" stroke={ink} stroke-linejoin="round" d="M16 5 9 19h14Z" />
        <path fill={ink} d="M2 16l7 3h14l7-3-5 10H7Z" />
        <path
          fill="none"
          stroke="#6fb3ad"
          stroke-width="1.500"
          d="M1 29c3-2 5-2 7.500 0s5 2 7.500 0 5-2 7.500 0 5 2 7.500 0"
        />
      </>
    ),
  },
  {
    name: "Midnight Star",
    ground: "#d9d9ea",
    body: "#fbfbff",
    ink: "#2f3372",
    draw: (ink) => (
      <>
        <path
          fill={ink}
          d="m16 3 3.600 8.700 9.400.8-7.100 6.200L24 28l-8-4.900L8 28l2.100-9.300L3 12.500l9.400-.8Z"
        />
        <path
          fill="#e8b93c"
          d="m16 11 1.500 3.500 3.800.3-2.900 2.500.9 3.700-3.300-2-3.300 2 .9-3.700-2.900-2.500 3.800-.3Z"
        />
      </>
    ),
  },
];

const plain: Motif = { name: "", ground: "#e8e8e4", body: "#ffffff", ink: "#5c606b", draw: heart };

export function motifOf(name: string): Motif {
  return motifs.find((motif) => name.startsWith(motif.name)) ?? plain;
}
