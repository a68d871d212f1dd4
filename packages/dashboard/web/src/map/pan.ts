import { useEffect, useRef, useState } from "preact/hooks";
import type { Box } from "./layout.ts";

/** What of a drawing can be seen: drawing units per pixel are `1 / scale`. */
export interface Pan {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Around what is kept in view. */
const ROOM = 24;
const CLOSEST = 2;
/** Below this only names are shown, and larger. */
const FAR = 0.62;
/** Below this too little of a name fits its card: the drawing is moved rather than made smaller. */
const READABLE = 0.45;
/** Of what is shown from afar, on the screen: smaller cannot be read. In the drawing it grows no larger than a card allows. */
const FAR_TEXT = 10.5;
const FAR_TEXT_MOST = 24;

/** Drags, scrolls and zooms an SVG; `fit` shows all of it. What is to be `kept` stays in view when the room shrinks. */
export function usePan(width: number, height: number, kept: Box | undefined) {
  const keep = useRef(kept);
  keep.current = kept;
  const area = useRef<SVGSVGElement>(null);
  const drawn = useRef(false);
  const [pan, setPan] = useState<Pan | null>(null);

  const fit = () => {
    const { clientWidth = 0, clientHeight = 0 } = area.current ?? {};
    if (clientWidth === 0 || width === 0) return;
    drawn.current = true;
    const whole = Math.min(clientWidth / width, clientHeight / height);
    const scale = Math.max(READABLE, Math.min(1.15, whole));
    setPan({ scale, x: (width - clientWidth / scale) / 2, y: (height - clientHeight / scale) / 2 });
  };
  useEffect(() => {
    const element = area.current!;
    const sizes = new ResizeObserver(() => {
      const box = keep.current;
      if (!box) return fit();
      const { clientWidth } = element;
      if (!drawn.current) fit();
      setPan(
        (now) => now && { ...now, x: Math.max(now.x, box.x + box.width + ROOM - clientWidth / now.scale) },
      );
    });
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [width, height]);

  const zoom = (factor: number, at?: { clientX: number; clientY: number }) =>
    setPan((now) => {
      if (!now) return now;
      const { left, top, width: seenWidth, height: seenHeight } = area.current!.getBoundingClientRect();
      const px = at ? at.clientX - left : seenWidth / 2;
      const py = at ? at.clientY - top : seenHeight / 2;
      const scale = Math.max(0.15, Math.min(CLOSEST, now.scale * factor));
      return { scale, x: now.x + px / now.scale - px / scale, y: now.y + py / now.scale - py / scale };
    });

  useEffect(() => {
    const element = area.current!;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 500), event);
    };
    // Not passive, or the page would scroll as well.
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, []);

  const onPointerDown = (event: PointerEvent) => {
    if ((event.target as Element).closest("a")) return;
    const element = area.current!;
    const move = ({ movementX, movementY }: PointerEvent) =>
      setPan((now) => now && { ...now, x: now.x - movementX / now.scale, y: now.y - movementY / now.scale });
    const end = () => {
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", end);
      element.removeEventListener("pointercancel", end);
    };
    element.setPointerCapture(event.pointerId);
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", end);
    element.addEventListener("pointercancel", end);
  };

  const transform = pan ? `scale(${pan.scale}) translate(${-pan.x} ${-pan.y})` : undefined;
  /** How large text is in the drawing where it is seen from afar; null where it is near. */
  const farText = pan && pan.scale < FAR ? Math.min(FAR_TEXT_MOST, FAR_TEXT / pan.scale) : null;
  return { area, transform, farText, zoom, fit, onPointerDown };
}
