/** A loop that draws everything that asks for it in one animation frame. */

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
    /** Draw on the next animation frame; asking twice draws once. */
    request() {
      if (handle === 0) handle = requestAnimationFrame(run);
    },
    stop() {
      cancelAnimationFrame(handle);
      handle = 0;
    },
  };
}
