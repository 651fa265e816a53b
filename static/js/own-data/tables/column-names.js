/** Interprets the names of columns: coordinates, target, or row number. */

/** Pairs of names of two coordinates. */
const PAIRS = [
  ["x1", "x2"],
  ["x0", "x1"],
  ["x", "y"],
  ...["feature", "feat", "f", "dim", "component", "pc", "coord", "input", "\u7279\u5f81"].flatMap((name) => [
    [`${name}1`, `${name}2`],
    [`${name}0`, `${name}1`],
  ]),
];

const TARGETS = new Set(
  (
    "label labels class classes target targets category group species variety diagnosis outcome cluster type kind " +
    "result response output klasse classe clase \u043a\u043b\u0430\u0441\u0441 \u30e9\u30d9\u30eb \u30af\u30e9\u30b9 " +
    "\ub77c\ubca8 \u6807\u7b7e \u6a19\u7c64 \u7c7b\u522b \u985e\u5225 \u5206\u7c7b \u7c7b \u76ee\u6807 \u7c7b\u578b " +
    "\u79cd\u7c7b \u54c1\u79cd \u8bca\u65ad \u7ed3\u679c \u8f93\u51fa"
  ).split(" "),
);
/** Targets that are values rather than classes. */
const VALUES = new Set(["value", "values", "\u503c", "\u6570\u503c"]);
/** Names of targets if no other column has one. */
const WEAK = new Set(["z", "t"]);

const INDEXES = new Set(
  (
    "id ids idx index no nr num row rows rowname rownames rowid rownumber obs observation case # key sampleid unnamed:0 " +
    "\u7f16\u53f7 \u5e8f\u53f7 \u884c\u53f7 \u7d22\u5f15 \u7de8\u865f \u5e8f\u865f"
  ).split(" "),
);

/**
 * Normalizes a name: case, spaces, underscores, brackets and subscripts make no difference.
 * @param {string} name
 * @returns {string}
 */
function plain(name) {
  return name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s_.\-[\](){}"']/g, "");
}

/**
 * @param {string} name
 * @returns {boolean} whether a column of this name numbers or names the rows
 */
export function namesIndex(name) {
  return INDEXES.has(plain(name));
}

/**
 * @param {string} name
 * @returns {boolean} whether a column of this name is a target of values, not of classes
 */
export function namesValue(name) {
  return VALUES.has(plain(name)) || WEAK.has(plain(name));
}

/**
 * @param {string} name
 * @returns {boolean} whether a column of this name is the target
 */
export function namesTarget(name) {
  return TARGETS.has(plain(name)) || VALUES.has(plain(name));
}

/**
 * @param {string} name
 * @returns {boolean} whether it is a common name of columns
 */
export function isKnownName(name) {
  const known = plain(name);
  return (
    namesTarget(name) || namesIndex(name) || WEAK.has(known) || PAIRS.some((pair) => pair.includes(known))
  );
}

/**
 * @typedef {object} Named
 * @property {[number, number] | null} pair columns of x1 and x2
 * @property {boolean} onlyPair whether there is no other pair
 * @property {boolean} letters whether they are called x and y, as data and target of a regression may be
 * @property {number[]} targets columns that may be the target, the likeliest first
 */

/**
 * Chooses columns by their names alone.
 * @param {readonly string[]} names by column
 * @param {(column: number) => boolean} isNumeric whether a column can be a coordinate
 * @returns {Named}
 */
export function readNames(names, isNumeric) {
  const known = names.map(plain);
  const pairs = PAIRS.flatMap(([one = "", other = ""]) => {
    const ones = positions(known, one);
    const others = positions(known, other);
    const [first = -1] = ones;
    const [second = -1] = others;
    if (first < 0 || second < 0 || !isNumeric(first) || !isNumeric(second)) return [];
    return [
      { pair: /** @type {[number, number]} */ ([first, second]), only: ones.length + others.length === 2 },
    ];
  });
  const [best] = pairs;
  const taken = new Set(best?.pair ?? []);
  const free = names.flatMap((name, column) => (name === "" || taken.has(column) ? [] : [column]));
  const strong = free.filter((column) => namesTarget(names[column] ?? "") || known[column] === "y");
  const weak = free.filter((column) => WEAK.has(known[column] ?? ""));
  return {
    pair: best?.pair ?? null,
    onlyPair: pairs.length === 1 && best?.only === true,
    letters: known[best?.pair[0] ?? -1] === "x",
    targets: strong.length > 0 ? strong : weak,
  };
}

/**
 * @param {readonly string[]} names
 * @param {string} name
 * @returns {number[]}
 */
function positions(names, name) {
  return names.flatMap((other, column) => (other === name ? [column] : []));
}
