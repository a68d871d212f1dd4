import { motifOf } from "./motifs.tsx";
import { thingOf } from "./things.tsx";

/** A picture of an article, drawn from its name. It says nothing that the name does not. */
export function Picture({ name }: { readonly name: string }) {
  const motif = motifOf(name);
  const { draw, motif: at } = thingOf(name);
  return (
    <svg class="picture" viewBox="-14 -14 128 128" aria-hidden="true">
      <rect x="-14" y="-14" width="128" height="128" fill={motif.ground} />
      {draw(motif.body, motif.ink)}
      <svg x={at.x} y={at.y} width={at.size} height={at.size} viewBox="0 0 32 32">
        {motif.draw(motif.ink)}
      </svg>
    </svg>
  );
}
