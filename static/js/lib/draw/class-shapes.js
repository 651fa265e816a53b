/** The shapes of the classes, so that they are not distinguished by colour alone. */

/** @typedef {readonly (readonly [x: number, y: number])[]} Outline corners of a polygon relative to its radius; a disc has none */

/** @type {readonly Outline[]} */
const OUTLINES = [
  [],
  polygon(4, 0, 1.3),
  polygon(4, 45, 1.32),
  polygon(3, 0, 1.5),
  polygon(3, 60, 1.5),
  cross(1.35, 0.48),
];

/** How many classes have a shape. */
export const MARKS = OUTLINES.length;

/**
 * A regular polygon.
 * @param {number} corners
 * @param {number} turn in degrees; at 0 the first corner points up
 * @param {number} radius
 * @returns {Outline}
 */
function polygon(corners, turn, radius) {
  return Array.from({ length: corners }, (_, corner) => {
    const angle = (turn / 180 + (2 * corner) / corners) * Math.PI;
    return /** @type {const} */ ([radius * Math.sin(angle), -radius * Math.cos(angle)]);
  });
}

/**
 * An upright cross.
 * @param {number} reach
 * @param {number} half half the width of an arm
 * @returns {Outline}
 */
function cross(reach, half) {
  const arm = /** @type {const} */ ([
    [-half, -half],
    [-half, -reach],
    [half, -reach],
  ]);
  return [0, 1, 2, 3].flatMap((turns) =>
    arm.map(([x, y]) => {
      let point = /** @type {readonly [number, number]} */ ([x, y]);
      for (let turn = 0; turn < turns; turn++) point = [-point[1], point[0]];
      return point;
    }),
  );
}

/**
 * Adds the shape of a class to the path of a drawing.
 * @param {Pick<CanvasPath, "moveTo" | "lineTo" | "closePath" | "arc">} path
 * @param {number} mark number of the class
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function traceMark(path, mark, x, y, radius) {
  const outline = OUTLINES[mark] ?? [];
  if (outline.length === 0) {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  outline.forEach(([dx, dy], corner) => {
    if (corner === 0) path.moveTo(x + dx * radius, y + dy * radius);
    else path.lineTo(x + dx * radius, y + dy * radius);
  });
  path.closePath();
}

/**
 * The same shape as the data of an SVG path, round the origin.
 * @param {number} mark
 * @param {number} radius
 * @returns {string}
 */
export function markPath(mark, radius) {
  const outline = OUTLINES[mark] ?? [];
  if (outline.length === 0)
    return `M${-radius} 0a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0z`;
  const corners = outline.map(([x, y]) => `${(x * radius).toFixed(2)} ${(y * radius).toFixed(2)}`);
  return `M${corners.join("L")}z`;
}

/**
 * The shape of a sample, which is that of its class. Of two classes, +1 has the first shape and −1 the second.
 * @param {number} target
 * @param {number} classes number of classes; 0 for values
 * @returns {number}
 */
export function markOf(target, classes) {
  if (classes > 2) return target;
  return classes === 2 && target < 0 ? 1 : 0;
}
