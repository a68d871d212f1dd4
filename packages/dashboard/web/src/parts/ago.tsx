import { useEffect, useState } from "preact/hooks";
import { ago, moment } from "../format.ts";

const EVERY_MS = 5_000;

/** How long ago something was; it goes on while nothing else changes. */
export function Ago({ at }: { at: string }) {
  const [text, setText] = useState("");
  useEffect(() => {
    const tell = () => setText(ago(at));
    tell();
    const timer = setInterval(tell, EVERY_MS);
    return () => clearInterval(timer);
  }, [at]);
  return (
    <time dateTime={at} title={moment(at)}>
      {text === "" ? ago(at) : text}
    </time>
  );
}
