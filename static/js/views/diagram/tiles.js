/** The pictures of all units, painted at once and copied to their places. */

import { createPixels } from "../../lib/canvas.js";

/** @import { Layout } from "./geometry.js" */

const TILE = 20;
const BYTES = TILE * TILE;
/** How far a picture stays inside its frame, so that the frame's round corners cover its own. */
const INSET = 1.5;

export function createTiles() {
  const atlas = document.createElement("canvas");
  const pixels = createPixels(atlas);

  return {
    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Layout} layout
     * @param {Uint8Array} tiles of the hidden units, and of the output if there is one more
     * @param {Uint32Array} palette
     */
    draw(context, layout, tiles, palette) {
      pixels.paint(tiles, TILE, palette);
      context.imageSmoothingEnabled = true;
      let tile = 0;
      for (const { x, size, ys, compact } of layout.columns) {
        const inset = compact ? 0 : INSET;
        const side = size - 2 * inset;
        for (const y of ys) {
          if ((tile + 1) * BYTES > tiles.length) return;
          context.drawImage(
            atlas,
            0,
            tile * TILE,
            TILE,
            TILE,
            x - size / 2 + inset,
            y - size / 2 + inset,
            side,
            side,
          );
          tile += 1;
        }
      }
    },
  };
}
