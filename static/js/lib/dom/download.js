/** Downloads of files, and files that are dropped on the page. */

import { context2d } from "./canvas.js";

/** How long the object URL of a download stays valid, in milliseconds. */
const STAY = 30_000;

/**
 * An SVG file as a PNG file of the same size.
 * @param {string} svg
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Blob>}
 */
export async function rasterise(svg, width, height) {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image(width, height);
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    context2d(canvas).drawImage(image, 0, 0, width, height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("This browser makes no PNG"))));
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Has the browser download a file.
 * @param {{ name: string, blob: Blob }} file
 */
export function download({ name, blob }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), STAY);
}

/**
 * Puts text on the clipboard.
 * @param {string} text
 * @param {HTMLElement} holder of the text, which is selected where the clipboard is not accessible
 * @returns {Promise<boolean>} whether it was copied; otherwise it is selected
 */
export async function copyText(text, holder) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without HTTPS there is no clipboard API; a selection can be copied by the older command.
    if (holder instanceof HTMLInputElement) {
      holder.focus();
      holder.select();
    } else getSelection()?.selectAllChildren(holder);
    return document.execCommand("copy");
  }
}

/**
 * Listens for files dropped anywhere on the page, unless a listener of a part of the page has handled the event:
 * those of the window are called last.
 * @param {Pick<Window, "addEventListener">} page the window
 * @param {(file: File) => void} onFile
 * @returns {() => void} stops it
 */
export function listenForDrops(page, onFile) {
  const scope = new AbortController();
  const { signal } = scope;
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  page.addEventListener(
    "dragover",
    (event) => {
      if (hasFiles(event)) event.preventDefault();
    },
    { signal },
  );
  page.addEventListener(
    "drop",
    (event) => {
      if (event.defaultPrevented || !hasFiles(event)) return;
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file) onFile(file);
    },
    { signal },
  );
  return () => scope.abort();
}
