import { useEffect, useRef, useState } from "preact/hooks";

const TOLD_MS = 2_000;

/** A command with a button that copies it. */
export function CopyCommand({ text }: { readonly text: string }) {
  const code = useRef<HTMLElement>(null);
  const [told, setTold] = useState("");
  useEffect(() => {
    if (told === "") return;
    const timer = setTimeout(() => setTold(""), TOLD_MS);
    return () => clearTimeout(timer);
  }, [told]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setTold("copied");
    } catch {
      // Browsers offer the clipboard to https and localhost only.
      if (code.current) getSelection()?.selectAllChildren(code.current);
      setTold("selected: press Ctrl+C");
    }
  };
  return (
    <span class="command">
      <code ref={code}>{text}</code>
      <button type="button" class="copy" aria-label={told || `copy ${text}`} onClick={() => void copy()}>
        copy
      </button>
      <span aria-hidden="true">{told}</span>
    </span>
  );
}
