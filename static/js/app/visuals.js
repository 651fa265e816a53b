/** The visuals: network, map, curves and numbers, drawn once per animation frame from state and run data. */

/**
 * @import { Catalog, Palettes, ParameterAddress, State, Target } from "../types/app.js"
 * @import { Deeds } from "./commands.js"
 * @import { Session } from "../net/session.js"
 * @import { Settings } from "./settings.js"
 */

import { byId, find } from "../lib/dom/dom.js";
import { createFrameLoop } from "../lib/dom/frame-loop.js";
import { phrase } from "../lib/text/i18n.js";
import { withHidden } from "../model/experiment.js";
import { classesOf } from "../model/problem.js";
import { markText } from "../model/setting-change-marks.js";
import { shownTarget } from "../model/state.js";
import { describeRegions, describeScore } from "../text/map-description.js";
import { describeMap } from "../text/run-status.js";
import { createInsight } from "../views/charts/confusion-panel.js";
import { createLossChart } from "../views/charts/loss-chart.js";
import { createScores } from "../views/charts/scores.js";
import { createDiagram } from "../views/diagram/diagram.js";
import { createHeatmap } from "../views/map/heatmap.js";
import { createLegend } from "../views/map/legend.js";
import { createLens } from "../views/map/lens.js";
import { captionFor, diagramProps, mapProps } from "./selectors.js";

/** Least time between two descriptions of the map, in milliseconds. */
const WORDS_PAUSE = 1000;
/** How often the number of drawn pictures is written, in milliseconds. */
const COUNT_PAUSE = 1000;

/**
 * @param {object} options
 * @param {HTMLElement} options.root the document's root element
 * @param {Catalog} options.catalog
 * @param {Session} options.session
 * @param {Deeds} options.deeds
 * @param {Settings} options.settings
 * @param {(address: ParameterAddress, value: number, before: number) => void} options.onSetParameter
 * @param {(epoch: number, testLoss: number, time: number) => void} options.onPicture a picture of the run was drawn
 */
export function createPictures({ root, catalog, session, deeds, settings, onSetParameter, onPicture }) {
  const { store, stream, change } = session;
  const loop = createFrameLoop(draw);

  const limits = catalog.fields["network.hidden"];
  const diagram = createDiagram(byId("diagram"), {
    units: { fewest: limits?.minimumUnits ?? 1, most: limits?.maximumUnits ?? 1 },
    onPreview: (unit) => deeds.setPreview(unit && { kind: "unit", ...unit }),
    onPin: (unit) => deeds.togglePin(unit && { kind: "unit", ...unit }),
    onUnits: (layer, units) =>
      change((experiment) => withHidden(experiment, experiment.network.hidden.with(layer, units))),
    onSetParameter,
  });
  const heatmap = createHeatmap(byId("plot"), { region: catalog.region });
  const legend = createLegend(byId("legend"));
  const mapCanvas = find(document, "#map", HTMLCanvasElement);
  const lens = createLens(byId("lens"), mapCanvas);
  const scores = createScores(find(document, ".scores", HTMLElement));
  const readout = byId("loss-readout");
  const chart = createLossChart(byId("loss-chart"), {
    readout,
    idleText: readout.textContent ?? "",
    emptyText: phrase("chart.empty"),
    trainLoss: stream.trainLoss,
    testLoss: stream.testLoss,
    validationLoss: stream.validationLoss,
  });
  const insight = createInsight(find(document, "#insight", HTMLDetailsElement), {
    onOpen: (open) => store.update((state) => ({ ...state, showConfusion: open })),
  });

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

  // State to views

  function updateHeatmap() {
    const props = mapProps(catalog, store.get());
    heatmap.update({ palettes, ...props });
    legend.update(props);
    lens.update({ caption: props.caption, looking: shownTarget(store.get()) !== null });
  }

  function updateDiagram() {
    const state = store.get();
    const inputTiles = settings.featureTiles(state.experiment.features);
    diagram.update({ palettes, inputTiles, ...diagramProps(catalog, state) });
  }

  function updateChart() {
    const { logScale, logEpochs, marks } = store.get();
    const told = marks.map((mark) => ({ epoch: mark.epoch, text: markText(mark) }));
    chart.update({ logScale, logEpochs, marks: told });
  }

  function follow() {
    store.subscribe(
      ({ experiment, wanted, connection, pinned, preview }) => [
        experiment,
        wanted,
        connection,
        pinned,
        preview,
      ],
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
  }

  // Frames to views

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
    lens.draw();
    if (stream.latest) drawNetwork(state, time, settled);
    chart.draw(time, settled);
    const rate = state.playing ? stream.speed() : Number.NaN;
    settings.counter.draw({ epoch: stream.epoch, rate }, time);
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
    onPicture(stream.epoch, evaluation[2] ?? Number.NaN, time);
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
    drawing.nextCount = time + COUNT_PAUSE;
    root.dataset.frames = String(drawing.count);
  }

  return {
    /** A frame came: draw it with the next animation frame. */
    request: loop.request,
    /** Begins to follow the state, once the colours are known. */
    follow,

    /** @param {Palettes} next */
    paint(next) {
      palettes = next;
      updateHeatmap();
      updateDiagram();
      updateChart();
      drawAll();
    },
  };
}
