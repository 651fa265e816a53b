/** The lens: a small copy of the map in a corner, while the map itself is scrolled out of sight. */

import { context2d } from "../../lib/dom/canvas.js";
import { find, setText } from "../../lib/dom/dom.js";

/** @import { View } from "../../types/app.js" */

/** Cells along a side of the copy. */
const SIDE = 100;
/** The map counts as visible while this share of it is. */
const ENOUGH = 0.4;

/**
 * @param {HTMLElement} element
 * @param {HTMLCanvasElement} map that it repeats
 * @returns {View<{ caption: string, looking: boolean }> & { draw: () => void }}
 */
export function createLens(element, map) {
  const canvas = find(element, "canvas", HTMLCanvasElement);
  const name = find(element, ".lens__name", HTMLElement);
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = context2d(canvas);
  let looking = false;
  let inSight = true;

  const observer = new IntersectionObserver(
    (entries) => {
      inSight = (entries.at(-1)?.intersectionRatio ?? 1) >= ENOUGH;
      show();
    },
    { threshold: [0, ENOUGH] },
  );
  observer.observe(map);

  function show() {
    element.hidden = inSight || !looking;
    draw();
  }

  function draw() {
    if (!element.hidden) context.drawImage(map, 0, 0, SIDE, SIDE);
  }

  return {
    update(props) {
      looking = props.looking;
      setText(name, props.caption);
      show();
    },
    draw,
    destroy: () => observer.disconnect(),
  };
}
