/** Canvases at any pixel ratio, and images painted from bytes. */

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export function context2d(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser offers no canvas");
  return context;
}

/**
 * Keeps the resolution of a canvas that of the screen, and calls `onResize` when its size changes.
 * Drawing is in CSS pixels; a resize empties the canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {(width: number, height: number) => void} onResize
 * @returns {() => void} stops it
 */
export function fitCanvas(canvas, onResize) {
  const observer = new ResizeObserver(([entry]) => {
    if (!entry) return;
    const { width, height } = entry.contentRect;
    sizeCanvas(canvas, width, height);
    onResize(width, height);
  });
  observer.observe(canvas);
  return () => observer.disconnect();
}

/**
 * Gives a canvas the resolution of the screen at a size in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function sizeCanvas(canvas, width, height) {
  const ratio = Math.min(globalThis.devicePixelRatio || 1, 3);
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  context2d(canvas).setTransform(ratio, 0, 0, ratio, 0, 0);
}

/**
 * Paints grids of bytes through a palette; the pixel buffer is reused between calls.
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 */
export function createPixels(canvas) {
  const context = /** @type {CanvasRenderingContext2D | null} */ (canvas.getContext("2d"));
  if (!context) throw new Error("This browser offers no canvas");
  /** @type {ImageData | null} */
  let image = null;
  let pixels = new Uint32Array(0);

  return {
    /**
     * @param {ArrayLike<number>} bytes row by row
     * @param {number} width
     * @param {Uint32Array} palette a pixel for each byte; with classes, indexed by 128 · class + byte
     * @param {Uint8Array | null} [classes] of every cell
     */
    paint(bytes, width, palette, classes = null) {
      const height = bytes.length / width;
      const fits = image?.width === width && image.height === height;
      if (image === null || !fits || canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        image = context.createImageData(width, height);
        pixels = new Uint32Array(image.data.buffer);
      }
      for (let index = 0; index < bytes.length; index++) {
        const byte = /** @type {number} */ (bytes[index]) & 255;
        const entry = classes ? /** @type {number} */ (classes[index] << 7) | byte : byte;
        pixels[index] = /** @type {number} */ (palette[entry]);
      }
      context.putImageData(image, 0, 0);
    },
  };
}
