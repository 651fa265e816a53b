/** The images of all units, painted at once on an atlas and copied to their tiles. */

import { createPixels } from "../../lib/dom/canvas.js";

/** @import { Palettes } from "../../types/app.js" */
/** @import { Column, Layout } from "./geometry.js" */

const TILE = 20;
const BYTES = TILE * TILE;
/** Inset of a picture in its frame, so that the frame's round corners cover those of the picture. */
const INSET = 1.5;

export function createTiles() {
  const atlas = document.createElement("canvas");
  const pixels = createPixels(atlas);
  const single = document.createElement("canvas");
  const singlePixels = createPixels(single);

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {HTMLCanvasElement} source
   * @param {number} row of the tile in it
   * @param {Column} column
   * @param {number} y
   */
  function put(context, source, row, { x, size, compact }, y) {
    const inset = compact ? 0 : INSET;
    const side = size - 2 * inset;
    const left = x - size / 2 + inset;
    const top = y - size / 2 + inset;
    context.drawImage(source, 0, row * TILE, TILE, TILE, left, top, side, side);
  }

  return {
    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Layout} layout
     * @param {Uint8Array} tiles of the hidden units, then of the outputs if they were sent
     * @param {Palettes} palettes
     */
    draw(context, layout, tiles, palettes) {
      pixels.paint(tiles, TILE, palettes.smooth);
      context.imageSmoothingEnabled = true;
      const outputs = layout.columns.at(-1);
      let tile = 0;
      for (const column of layout.columns) {
        const byClass = column === outputs && column.ys.length > 1;
        for (const [unit, y] of column.ys.entries()) {
          if ((tile + 1) * BYTES > tiles.length) return;
          if (byClass) {
            const bytes = tiles.subarray(tile * BYTES, (tile + 1) * BYTES);
            singlePixels.paint(bytes, TILE, palettes.classUnits[unit] ?? palettes.smooth);
            put(context, single, 0, column, y);
          } else {
            put(context, atlas, tile, column, y);
          }
          tile += 1;
        }
      }
    },
  };
}
