/** Wires everything: the only place where views and the connection meet. */

/**
 * @import { Experiment, Palettes, State, Target } from "./types/app.js"
 * @import { Fitted } from "./fitting.js"
 * @import { PointSet } from "./lib/point-set.js"
 */

import { ACTIONS, actionForKey, keyName } from "./actions.js";
import { withoutField } from "./assembling.js";
import { classicAddress, withoutLostSeed, withoutSeed } from "./classic.js";
import { socketUrl } from "./connection.js";
import {
  getField,
  optionsOf,
  optionValues,
  withFeature,
  withField,
  withHidden,
  withLayers,
  withOption,
} from "./experiment.js";
import { explanationOf, PLACE_SELECTORS } from "./explanations.js";
import { createExporting } from "./exporting.js";
import { withDataset, withFitting } from "./fitting.js";
import { createKeeping } from "./keeping.js";
import { find, findAll } from "./lib/dom.js";
import { listenForDrops } from "./lib/download.js";
import { readDraft, writeDraft } from "./lib/drafts.js";
import { keepFocus } from "./lib/focus.js";
import { createFrameLoop } from "./lib/frame-loop.js";
import { decodeLanguage, useLanguage } from "./lib/language.js";
import { NO_POINTS, readPointSet, readTargets, toTargets } from "./lib/point-set.js";
import { listenForShortcuts } from "./lib/shortcuts.js";
import { throttle } from "./lib/timing.js";
import { openFile, openLink, openStart, sentenceOf } from "./opening.js";
import { appliesToPoints, followsFromPoints, fromSamples, ownSet, withOwnPoints } from "./own-points.js";
import { createPointStore } from "./point-store.js";
import { appliesTo, classesOf, lossesFor, problemOf } from "./problem.js";
import { captionFor, diagramProps, mapProps } from "./props.js";
import { decodeCatalog, fromWireName } from "./protocol.js";
import { describeRegions, describeScore } from "./regions.js";
import { createService } from "./service.js";
import { createSession } from "./session.js";
import { markText } from "./setting-marks.js";
import { experimentOf, STARTS } from "./starts.js";
import { sameTarget, shownTarget } from "./state.js";
import { createTelling } from "./telling.js";
import { createClassicSeed } from "./views/classic-seed.js";
import { createControls } from "./views/controls.js";
import { createDatasets } from "./views/datasets.js";
import { createDiagram } from "./views/diagram.js";
import { createExplain } from "./views/explain.js";
import { createExport } from "./views/export.js";
import { createFeatures } from "./views/features.js";
import { createFolds } from "./views/folds.js";
import { markOf } from "./views/heatmap/points.js";
import { createHeatmap, paletteFor } from "./views/heatmap.js";
import { createHelp } from "./views/help.js";
import { createInsight } from "./views/insight.js";
import { createLanguageChoice } from "./views/language.js";
import { createLayerCount } from "./views/layer-count.js";
import { createLegend } from "./views/legend.js";
import { createLossChart } from "./views/loss-chart.js";
import { createNotices, createStatus } from "./views/notices.js";
import { createOptions } from "./views/options.js";
import { createOwnEditor } from "./views/own-editor.js";
import { createOwnEntry } from "./views/own-entry.js";
import { createScores } from "./views/scores.js";
import { createShare } from "./views/share.js";
import { createStarts } from "./views/starts.js";
import { createTheme, readPalettes } from "./views/theme.js";
import { createActionButtons, createCounter } from "./views/transport.js";
import { describeMap } from "./words.js";

/** Pictures a second to ask for, and for people who prefer little motion. */
const FRAME_RATE = 24;
const CALM_FRAME_RATE = 4;
/** Least time between two descriptions of the map, in milliseconds. */
const WORDS_PAUSE = 1000;
/** Seeds drawn by the page stay short enough to read out. */
const LARGEST_SEED = 9999;
/** Where own points are kept in the browser: what was drawn, and what was last used; and how often, in milliseconds. */
const DRAFT = "own-points-draft";
const USED = "own-points-used";
const DRAFT_PAUSE = 500;
/** From this width on there is room for everything at once. */
const ROOMY = "(min-width: 1180px)";

const root = document.documentElement;
const byId = (/** @type {string} */ id) => find(document, `#${id}`, HTMLElement);
// The page in another language is on its way.
if ("leaving" in root.dataset) await new Promise(() => {});
useLanguage(decodeLanguage(find(document, "#strings", HTMLScriptElement).textContent ?? ""));
const catalog = decodeCatalog(find(document, "#catalog", HTMLScriptElement).textContent ?? "");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const loop = createFrameLoop(draw);
const service = createService(location.href);
const points = createPointStore(catalog, (place) => globalThis[place]);
const openers = { catalog, service, points };
const start = await openStart(openers, location.hash);
const session = createSession({
  catalog,
  url: socketUrl(location.href),
  experiment: start.experiment,
  repair: (experiment, field) => withoutField(catalog, experiment, field),
  frameRate: () => (calm.matches ? CALM_FRAME_RATE : FRAME_RATE),
  onEvent: (event) => telling.event(event),
  onFrame: loop.request,
  onFault: (error) => telling.fault(error),
});
const { store, stream, change, send } = session;
store.update((state) => ({ ...state, ownPoints: readTargets(readDraft(USED)) }));

/** @type {Palettes} */
let palettes;
const drawing = {
  /** Whether something other than a frame asks for drawing everything. */
  forced: true,
  /** Version of the points that are on the map. */
  points: -1,
  /** Pictures drawn, and when to write their number next. */
  count: 0,
  nextCount: 0,
  /** When to put the map into words next. */
  nextWords: 0,
};

// What a person does

/** @param {string} id */
function perform(id) {
  const action = ACTIONS.find((entry) => entry.id === id);
  if (!action?.available(store.get())) return;
  action.perform({
    get: store.get,
    send,
    openHelp: help.open,
    openShare: share.open,
    openExport: exporter.open,
    undo: keeping.undo,
    redo: keeping.redo,
    leaveSeed: () => change(withoutSeed),
    nextTheme: theme.next,
    openOwnPoints: ownEditor.open,
    showOutput: () => store.update((state) => ({ ...state, pinned: null, preview: null })),
    regenerate: drawPoints,
    changeSpeed(by) {
      const at = catalog.speeds.findIndex(({ epochsPerSecond }) => epochsPerSecond === store.get().speed);
      const next = catalog.speeds[at + by];
      if (next) setSpeed(next.epochsPerSecond);
    },
    toggle: (part) => store.update((state) => ({ ...state, [part]: !state[part] })),
    explain: explain.toggle,
    showStarts: starts.open,
  });
}

listenForShortcuts(document, (press) => {
  const action = actionForKey(press);
  if (!action?.available(store.get()) || (press.repeat && action.id === "play")) return false;
  perform(action.id);
  return true;
});

/** @param {Target} preview */
function setPreview(preview) {
  store.update((state) => (sameTarget(state.preview, preview) ? state : { ...state, preview }));
}

/** @param {Target} target */
function togglePin(target) {
  store.update((state) => ({ ...state, pinned: sameTarget(state.pinned, target) ? null : target }));
}

function drawPoints() {
  const seed = Math.floor(Math.random() * (LARGEST_SEED + 1));
  changeFitting((experiment) => ({ experiment: withField(experiment, "data.seed", seed), notes: [] }));
}

/** @param {number | null} speed */
function setSpeed(speed) {
  store.update((state) => ({ ...state, speed }));
  if (store.get().playing) send({ type: "play", epochsPerSecond: speed });
}

/** @param {string} key */
function begin(key) {
  const start = STARTS.find((entry) => entry.key === key);
  if (!start) return;
  change(() => experimentOf(catalog, start));
  send({ type: "reset", newSeed: false });
  store.update((state) => ({ ...state, speed: start.speed, pinned: null, preview: null }));
  send({ type: "play", epochsPerSecond: start.speed });
}

/**
 * Asks for a change that may bring others along, and tells of those.
 * @param {(experiment: Experiment) => Fitted} edit
 */
function changeFitting(edit) {
  change((experiment) => {
    const { experiment: fitted, notes } = withoutLostSeed(catalog, experiment, edit(experiment));
    telling.changes(notes);
    return fitted;
  });
}

function useOwnPoints() {
  const { ownPoints } = store.get();
  if (ownPoints) changeFitting((experiment) => withOwnPoints(catalog, experiment, ownPoints));
}

const more = find(document, ".more", HTMLDetailsElement);

function showRule() {
  more.open = true;
  const rule = find(more, '[data-field="training.stop"]', HTMLSelectElement);
  rule.scrollIntoView({ block: "nearest" });
  rule.focus();
}

const problemSelect = find(document, "#problem", HTMLSelectElement);
problemSelect.addEventListener("change", () => {
  const dataset = store.get().datasetOf[problemSelect.value];
  if (dataset) changeFitting((experiment) => withDataset(catalog, experiment, dataset));
});

/**
 * @param {string} id
 * @param {"showTest" | "discretize" | "logScale" | "logEpochs" | "keep"} part
 */
function bindSwitch(id, part) {
  const box = find(document, `#${id}`, HTMLInputElement);
  box.addEventListener("change", () => store.update((state) => ({ ...state, [part]: box.checked })));
  store.subscribe(
    (state) => state[part],
    (on) => (box.checked = on),
  );
}

bindSwitch("show-test", "showTest");
bindSwitch("discretize", "discretize");
bindSwitch("log-scale", "logScale");
bindSwitch("log-epochs", "logEpochs");
bindSwitch("keep", "keep");
globalThis.addEventListener("online", session.retryNow);
calm.addEventListener("change", session.watch);

// Views

const notices = createNotices(byId("toasts"));
const status = createStatus(byId("status"));
const telling = createTelling({
  catalog,
  get: store.get,
  change,
  perform,
  showRule,
  show: notices.show,
  dismiss: notices.dismiss,
  say: status.update,
});
const keeping = createKeeping({ openers, session, page: globalThis, show: notices.show, say: status.update });
keeping.begin(start);
const exporting = createExporting({
  catalog,
  get: store.get,
  stream,
  service,
  paper: byId("paper"),
  readPalettes,
  paletteFor,
  markOf,
});
const exporter = createExport(find(document, "#export", HTMLDialogElement), { ...exporting, sentenceOf });
const share = createShare(find(document, "#share", HTMLDialogElement), {
  describe: () => ({ address: keeping.address(), ownPoints: store.get().wanted.data.points !== null }),
  classicLink: () => classicAddress(service, store.get().experiment),
  onLink: async (text) => keeping.open(await openLink(openers, text, location.href)),
  onFile: async (file) => keeping.open(await openFile(openers, file)),
  sentenceOf,
});
createLanguageChoice(findAll(document, "[data-language-choice]", HTMLSelectElement), { page: globalThis });
const classicSeed = createClassicSeed(byId("classic-seed"), { onLeave: () => change(withoutSeed) });
const help = createHelp(find(document, "#help", HTMLDialogElement), {
  shortcuts: ACTIONS.map(({ label, keys }) => ({ label, keys: keys.map(keyName) })),
});
const buttons = createActionButtons(document.body, {
  actions: ACTIONS.map(({ id, label, keys }) => ({
    id,
    hint: `${label} (${keys.map(keyName).join(" or ")})`,
    shortcuts: keys.map((key) => (key === " " ? "Space" : key)).join(" "),
  })),
  onAction: perform,
});
const counter = createCounter(find(document, ".transport", HTMLElement), {
  speeds: catalog.speeds,
  onSpeed: setSpeed,
});
const controls = createControls(byId("playground"), {
  onChange: (name, value) =>
    changeFitting((experiment) => withFitting(catalog, experiment, fromWireName(name), value)),
});
const options = createOptions(byId("playground"), {
  onChange: (choice, name, value) =>
    change((experiment) => withOption(catalog, experiment, fromWireName(choice), name, value)),
});
const datasets = createDatasets(byId("datasets"), {
  datasets: catalog.choices.datasets,
  region: catalog.region,
  onChoose: (key) => changeFitting((experiment) => withDataset(catalog, experiment, key)),
});
const keepDraft = throttle((/** @type {PointSet} */ draft) => {
  ownEntry.setDraft(draft);
  writeDraft(DRAFT, draft);
}, DRAFT_PAUSE);
globalThis.addEventListener("pagehide", keepDraft.flush);
const savedDraft = readPointSet(readDraft(DRAFT)) ?? NO_POINTS;
const ownEntry = createOwnEntry(byId("own-entry"), { region: catalog.region, onChoose: useOwnPoints });
ownEntry.setDraft(savedDraft);
const ownEditor = createOwnEditor(find(document, "#own", HTMLDialogElement), {
  region: catalog.region,
  draft: savedDraft,
  present: () => fromSamples(stream, classesOf(catalog, store.get().experiment)),
  onDraft: keepDraft.push,
  onUse(set) {
    store.update((state) => ({ ...state, ownPoints: toTargets(set) }));
    useOwnPoints();
  },
});
// After the editor of own points, which takes tables.
listenForDrops(document, async (file) => {
  try {
    keeping.open(await openFile(openers, file));
  } catch (error) {
    keeping.tellRefusal(sentenceOf(error));
  }
});
const features = createFeatures(byId("features"), {
  features: catalog.choices.features,
  onToggle: (key, on) => change((experiment) => withFeature(catalog, experiment, key, on)),
  onPreview: (key) => setPreview(key === null ? null : { kind: "feature", key }),
});
const layerLimits = catalog.fields["network.hidden"];
const layerCount = createLayerCount(find(document, ".network__count", HTMLElement), {
  fewest: layerLimits?.minimumLayers ?? 0,
  most: layerLimits?.maximumLayers ?? 0,
  onCount: (by) => change((experiment) => withLayers(catalog, experiment, by)),
});
const diagram = createDiagram(byId("diagram"), {
  units: { fewest: layerLimits?.minimumUnits ?? 1, most: layerLimits?.maximumUnits ?? 1 },
  onPreview: (unit) => setPreview(unit && { kind: "unit", ...unit }),
  onPin: (unit) => togglePin(unit && { kind: "unit", ...unit }),
  onUnits: (layer, units) =>
    change((experiment) => withHidden(experiment, experiment.network.hidden.with(layer, units))),
  onSetParameter: session.setParameter,
});
const heatmap = createHeatmap(byId("plot"), { region: catalog.region });
const legend = createLegend(byId("legend"));
const mapCanvas = find(document, "#map", HTMLCanvasElement);
const scores = createScores(find(document, ".scores", HTMLElement));
const readout = byId("loss-readout");
const chart = createLossChart(byId("loss-chart"), {
  readout,
  idleText: readout.textContent ?? "",
  emptyText: "Press play, and the curves appear here.",
  trainLoss: stream.trainLoss,
  testLoss: stream.testLoss,
  validationLoss: stream.validationLoss,
});
createFolds(byId("playground"), { roomy: ROOMY });
const insight = createInsight(find(document, "#insight", HTMLDetailsElement), {
  onOpen: (open) => store.update((state) => ({ ...state, showConfusion: open })),
});
const explain = createExplain(root, {
  card: byId("explanation"),
  button: byId("explain"),
  places: PLACE_SELECTORS,
  explain(topic) {
    notices.dismiss("explain");
    return explanationOf(catalog, store.get().wanted, topic);
  },
  onAsk(asking) {
    const text = "Press anything with a dashed outline to learn what it is. Esc ends it.";
    if (asking) notices.show({ key: "explain", kind: "info", title: "What is this?", text });
    else notices.dismiss("explain");
  },
});
const starts = createStarts(byId("starts"), {
  starts: STARTS.map(({ settings, ...start }) => {
    const key = settings.data?.dataset ?? catalog.experiment.data.dataset;
    return { ...start, dataset: catalog.choices.datasets.find((dataset) => dataset.key === key) };
  }),
  region: catalog.region,
  onChoose: begin,
});

const theme = createTheme(root, {
  button: byId("theme"),
  onChange(next) {
    palettes = next;
    datasets.paint(palettes);
    features.paint(palettes);
    ownEntry.paint(palettes);
    ownEditor.paint(palettes);
    starts.paint(palettes);
    updateHeatmap();
    updateDiagram();
    updateChart();
    drawAll();
  },
});

// State to views

function updateHeatmap() {
  const props = mapProps(catalog, store.get());
  heatmap.update({ palettes, ...props });
  legend.update(props);
}

function updateDiagram() {
  const state = store.get();
  const inputTiles = features.tiles(state.experiment.features);
  diagram.update({ palettes, inputTiles, ...diagramProps(catalog, state) });
}

function updateControls() {
  const { wanted, connection, ownPoints } = store.get();
  const enabled = connection === "open";
  const problem = problemOf(catalog, wanted);
  const own = wanted.data.points !== null;
  controls.setChoices("objective.loss", lossesFor(catalog, problem));
  controls.update({
    enabled,
    valueOfField: (name) => getField(wanted, fromWireName(name)),
    applies: (name) =>
      appliesTo(catalog, fromWireName(name), problem) && appliesToPoints(wanted, fromWireName(name)),
    fixed: (name) => followsFromPoints(wanted, fromWireName(name)),
  });
  options.update({
    enabled,
    optionsOf: (choice) =>
      own && choice === "data.dataset" ? [] : optionsOf(catalog, wanted, fromWireName(choice)),
    valuesOf: (choice) => optionValues(catalog, wanted, fromWireName(choice)),
  });
  datasets.update({ problem, chosen: own ? "" : wanted.data.dataset, enabled });
  ownEntry.update({ used: ownSet(ownPoints), chosen: own, enabled });
  ownEditor.update({ enabled });
  for (const part of findAll(document, "[data-only-for]", HTMLElement))
    part.hidden = (part.dataset.onlyFor === "points") !== own;
  features.update({ active: wanted.features, enabled });
  layerCount.update({ count: wanted.network.hidden.length, enabled });
  classicSeed.update({ seed: wanted.data.classicSeed, enabled });
  problemSelect.value = problem;
  problemSelect.disabled = !enabled;
  starts.update({ enabled });
}

function updateChart() {
  const { logScale, logEpochs, marks } = store.get();
  const told = marks.map((mark) => ({ epoch: mark.epoch, text: markText(mark) }));
  chart.update({ logScale, logEpochs, marks: told });
}

function updateButtons() {
  const state = store.get();
  const able = new Set(ACTIONS.filter((action) => action.available(state)).map(({ id }) => id));
  buttons.update({ available: (id) => able.has(id), playing: state.playing });
  root.dataset.playing = String(state.playing);
}

store.subscribe(
  ({ connection }) => connection,
  (connection) => {
    root.dataset.connection = connection;
    byId("reconnecting").hidden = connection !== "reconnecting";
  },
);
store.subscribe(
  ({ connection, wanted, ownPoints }) => [connection, wanted, ownPoints],
  keepFocus(updateControls),
);
store.subscribe(
  ({ ownPoints }) => ownPoints,
  (ownPoints) => writeDraft(USED, ownPoints),
);
store.subscribe(
  ({ connection, playing, pinned, preview, history }) => [connection, playing, pinned, preview, history],
  keepFocus(updateButtons),
);
store.subscribe(
  ({ connection, speed }) => [connection, speed],
  () => {
    const { connection, speed } = store.get();
    counter.update({ speed, enabled: connection === "open" });
  },
);
store.subscribe(
  ({ experiment, wanted, connection, pinned, preview }) => [experiment, wanted, connection, pinned, preview],
  () => {
    updateDiagram();
    drawAll();
  },
);
store.subscribe(
  ({ experiment: { data }, discretize, showTest, pinned, preview }) => [
    data,
    discretize,
    showTest,
    pinned,
    preview,
  ],
  () => {
    updateHeatmap();
    const classes = classesOf(catalog, store.get().experiment);
    scores.update({ isClassification: classes > 0 });
    insight.update({ classes });
    drawAll();
  },
);
store.subscribe(({ logScale, logEpochs, marks }) => [logScale, logEpochs, marks], updateChart);
store.subscribe(({ playing }) => playing, drawAll);
store.subscribe((state) => [shownTarget(state), state.showConfusion], session.watch);
store.subscribe(({ ended }) => ended, telling.end);

// Drawing

function drawAll() {
  drawing.forced = true;
  loop.request();
}

/** @param {number} time */
function draw(time) {
  store.flush();
  const state = store.get();
  const settled = drawing.forced || !state.playing;
  drawing.forced = false;
  if (drawing.points !== stream.pointsVersion) {
    drawing.points = stream.pointsVersion;
    const { trainPoints: train, testPoints: test, validationPoints: validation } = stream;
    heatmap.setPoints({ train, test, validation });
  }
  const target = shownTarget(state);
  drawMap(target, state);
  if (stream.latest) drawNetwork(state, time, settled);
  chart.draw(time, settled);
  counter.draw({ epoch: stream.epoch, rate: state.playing ? stream.speed() : Number.NaN }, time);
  if (session.acknowledge()) countPicture(time);
}

/**
 * @param {Target} target
 * @param {State} state
 */
function drawMap(target, { experiment }) {
  if (target?.kind === "feature") {
    const tile = catalog.choices.features.find(({ key }) => key === target.key)?.tile ?? [];
    heatmap.draw({ bytes: tile, classes: null, side: Math.sqrt(tile.length) });
    return;
  }
  const picture = stream.picture(target, experiment.network.hidden);
  if (picture) heatmap.draw(picture);
}

/**
 * @param {State} state
 * @param {number} time
 * @param {boolean} settled
 */
function drawNetwork(state, time, settled) {
  const frame = stream.latest;
  if (!frame) return;
  const { parameters, tiles, evaluation } = frame;
  const output = shownTarget(state) === null && frame === stream.latestOutput ? mapCanvas : null;
  diagram.draw({ parameters, tiles, output }, time, settled);
  scores.draw(evaluation, time, settled);
  insight.draw(frame.confusion, time, settled);
  describe(state, time, settled, evaluation);
  telling.picture(stream.epoch, evaluation[2] ?? Number.NaN, time);
}

/**
 * Puts the map into words, not more often than they can be read.
 * @param {State} state
 * @param {number} time
 * @param {boolean} settled
 * @param {Float64Array} evaluation
 */
function describe(state, time, settled, evaluation) {
  if (!settled && time < drawing.nextWords) return;
  drawing.nextWords = time + WORDS_PAUSE;
  const classes = classesOf(catalog, state.experiment);
  const picture = stream.picture(null, []);
  const regions = picture ? describeRegions(picture, classes) : "";
  const words = `${regions} ${describeScore(evaluation[3] ?? Number.NaN, classes)}`;
  insight.describe(words);
  const about = describeMap(captionFor(catalog, state), stream.epoch, evaluation);
  heatmap.describe(shownTarget(state) === null ? `${about} ${words}` : about, time);
}

/** @param {number} time */
function countPicture(time) {
  drawing.count += 1;
  if (time < drawing.nextCount) return;
  drawing.nextCount = time + 1000;
  root.dataset.frames = String(drawing.count);
}
