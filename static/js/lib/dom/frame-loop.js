/** Coalesces requests for drawing into one call per animation frame. */

/**
 * @param {(time: number) => void} draw
 * @returns {{ request: () => void, stop: () => void }}
 */
export function createFrameLoop(draw) {
  let handle = 0;

  /** @param {number} time */
  function run(time) {
    handle = 0;
    draw(time);
  }

  return {
    /** Draws on the next animation frame; two requests draw once. */
    request() {
      if (handle === 0) handle = requestAnimationFrame(run);
    },
    stop() {
      cancelAnimationFrame(handle);
      handle = 0;
    },
  };
}
