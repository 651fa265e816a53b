/** The visuals: network, map, curves and numbers, drawn at most once per animation frame from state and run data. */

/**
 * @import { Catalog, Palettes, ParameterAddress, State, Target } from "../types/app.js"
 * @import { Commands } from "./commands.js"
 * @import { Session } from "../net/session.js"
 * @import { Settings } from "./settings.js"
 */

import { byId, find } from "../lib/dom/dom.js";
import { createFrameLoop } from "../lib/dom/frame-loop.js";
import { phrase } from "../lib/text/i18n.js";
import { classesOf } from "../model/problem.js";
import { markText } from "../model/setting-change-marks.js";
import { shownTarget } from "../model/state.js";
import { describeRegions, describeScore } from "../text/map-description.js";
import { describeMap } from "../text/run-status.js";
import { createConfusionPanel } from "../views/charts/confusion-panel.js";
import { createLossChart } from "../views/charts/loss-chart.js";
import { createScores } from "../views/charts/scores.js";
import { createDiagram } from "../views/diagram/diagram.js";
import { createHeatmap } from "../views/map/heatmap.js";
import { createLegend } from "../views/map/legend.js";
import { createLens } from "../views/map/lens.js";
import { captionFor, diagramProps, mapProps } from "./selectors.js";

/** Shortest time between two descriptions of the map, in milliseconds. */
const DESCRIPTION_PAUSE = 1000;
/** Shortest time between two updates of the number of drawn pictures, in milliseconds. */
const COUNT_PAUSE = 1000;

/**
 * @param {object} options
 * @param {HTMLElement} options.root the document's root element
 * @param {Catalog} options.catalog
 * @param {Session} options.session
 * @param {Commands} options.commands
 * @param {Settings} options.settings
 * @param {(address: ParameterAddress, value: number, before: number) => void} options.onSetParameter
 * @param {(epoch: number, testLoss: number, time: number) => void} options.onPicture a picture of the run was drawn
 */
export function createVisuals({ root, catalog, session, commands, settings, onSetParameter, onPicture }) {
  const { store, runData, change } = session;
  const loop = createFrameLoop(draw);

  const limits = catalog.fields["network.hidden"];
  const diagram = createDiagram(byId("diagram"), {
    units: { fewest: limits?.minimumUnits ?? 1, most: limits?.maximumUnits ?? 1 },
    onPreview: (unit) => commands.setPreview(unit && { kind: "unit", ...unit }),
    onPin: (unit) => commands.togglePin(unit && { kind: "unit", ...unit }),
    onUnits: (layer, units) =>
      change({ "network.hidden": store.get().wanted.network.hidden.with(layer, units) }),
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
    trainLoss: runData.trainLoss,
    testLoss: runData.testLoss,
    validationLoss: runData.validationLoss,
  });
  const confusionPanel = createConfusionPanel(find(document, "#insight", HTMLDetailsElement), {
    onOpen: (open) => store.update((state) => ({ ...state, showConfusion: open })),
  });

  /** @type {Palettes} */
  let palettes;
  const drawing = {
    /** Whether a change other than a frame requires drawing everything. */
    forced: true,
    /** Version of the points on the map. */
    points: -1,
    /** Number of pictures drawn, and time of its next update. */
    count: 0,
    nextCount: 0,
    /** Time of the next description of the map. */
    nextDescription: 0,
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
    const described = marks.map((mark) => ({ epoch: mark.epoch, text: markText(mark) }));
    chart.update({ logScale, logEpochs, marks: described });
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
        confusionPanel.update({ classes });
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
    const force = drawing.forced || !state.playing;
    drawing.forced = false;
    if (drawing.points !== runData.pointsVersion) {
      drawing.points = runData.pointsVersion;
      const { trainPoints: train, testPoints: test, validationPoints: validation } = runData;
      heatmap.setPoints({ train, test, validation });
    }
    const target = shownTarget(state);
    drawMap(target, state);
    lens.draw();
    if (runData.latest) drawNetwork(state, time, force);
    chart.draw(time, force);
    const rate = state.playing ? runData.speed() : Number.NaN;
    settings.counter.draw({ epoch: runData.epoch, rate }, time);
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
    const picture = runData.picture(target, experiment.network.hidden);
    if (picture) heatmap.draw(picture);
  }

  /**
   * @param {State} state
   * @param {number} time
   * @param {boolean} force
   */
  function drawNetwork(state, time, force) {
    const frame = runData.latest;
    if (!frame) return;
    const { parameters, tiles, evaluation } = frame;
    const output = shownTarget(state) === null && frame === runData.latestOutput ? mapCanvas : null;
    diagram.draw({ parameters, tiles, output }, time, force);
    scores.draw(evaluation, time, force);
    confusionPanel.draw(frame.confusion, time, force);
    describe(state, time, force, evaluation);
    onPicture(runData.epoch, evaluation[2] ?? Number.NaN, time);
  }

  /**
   * Describes the map in words, at a rate at which they can be read.
   * @param {State} state
   * @param {number} time
   * @param {boolean} force
   * @param {Float64Array} evaluation
   */
  function describe(state, time, force, evaluation) {
    if (!force && time < drawing.nextDescription) return;
    drawing.nextDescription = time + DESCRIPTION_PAUSE;
    const classes = classesOf(catalog, state.experiment);
    const picture = runData.picture(null, []);
    const regions = picture ? describeRegions(picture, classes) : "";
    const description = `${regions} ${describeScore(evaluation[3] ?? Number.NaN, classes)}`;
    confusionPanel.describe(description);
    const about = describeMap(captionFor(catalog, state), runData.epoch, evaluation);
    heatmap.describe(shownTarget(state) === null ? `${about} ${description}` : about, time);
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
