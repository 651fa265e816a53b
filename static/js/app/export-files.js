/** Creates the files that people download: experiment, network, pictures, losses. Knows no view. */

/**
 * @import { Catalog } from "../types/app.js"
 * @import { Api } from "../net/api.js"
 * @import { Session } from "../net/session.js"
 */

import { writeExperiment, writeNetwork } from "../io/experiment-files.js";
import { writeLosses } from "../io/loss-csv.js";
import { refineCells, refineValues } from "../lib/data/grid.js";
import { createPixels } from "../lib/dom/canvas.js";
import { rasterise } from "../lib/dom/download.js";
import { CHART_HEIGHT, CHART_WIDTH, chartPicture } from "../lib/draw/chart-picture.js";
import { resolveColors } from "../lib/draw/color.js";
import { MAP_SIDE, MAP_SIZE, mapPicture } from "../lib/draw/map-picture.js";
import { paletteFor, readPalettes } from "../lib/draw/palettes.js";
import { phrase } from "../lib/text/i18n.js";
import { datasetChoice } from "../model/problem.js";
import { lossSeries, mapProps, shownPicture } from "./selectors.js";

/** Epochs that an exported script trains if the run has not trained yet. */
const USUAL_EPOCHS = 100;

const RIMS = ["--rim-training", "--rim-test", "--rim-validation"];
/** Width and dash of each curve. */
const LINES = {
  training: { width: 2.5, dash: "none" },
  test: { width: 3, dash: "none" },
  validation: { width: 3, dash: "9 5" },
};

/** The kinds of files, and the endings of their names. */
const ENDINGS = /** @type {const} */ ({
  experiment: "experiment.json",
  network: "network.safetensors",
  "map-png": "map.png",
  "map-svg": "map.svg",
  "chart-png": "loss.png",
  "chart-svg": "loss.svg",
  losses: "losses.csv",
});

/** @typedef {keyof typeof ENDINGS} Kind */

/**
 * @param {string} kind
 * @returns {kind is Kind}
 */
const isKind = (kind) => kind in ENDINGS;

const OWN = "own-points";

/**
 * @typedef {object} ExportFilesOptions
 * @property {Catalog} catalog
 * @property {Pick<Session, "store" | "runData" | "exact">} session
 * @property {Api} api
 * @property {HTMLElement} paper whose style is that of white paper in every theme
 */

/**
 * @param {ExportFilesOptions} options
 */
export function createExportFiles({ catalog, session, api, paper }) {
  const { get } = session.store;

  function dataset() {
    const { dataset: key, points } = get().experiment.data;
    return points === null
      ? { name: key, label: datasetChoice(catalog, key).label }
      : { name: OWN, label: phrase("exporting.own-points") };
  }

  /** @param {string} what */
  function titleOf(what) {
    return phrase("exporting.title", { dataset: dataset().label, epoch: session.runData.epoch, what });
  }

  function inkColors() {
    const [text = "", line = ""] = resolveColors(paper, ["--chart-text", "--line"]);
    return { text, line };
  }

  /** Paints the map without points, as a data URL. */
  function paintGround() {
    const state = get();
    const picture = shownPicture(catalog, state, session.runData);
    if (!picture) throw new Error("There is no map yet");
    const { bytes, classes, side } = picture;
    const about = { ...mapProps(catalog, state), palettes: readPalettes(paper) };
    const canvas = document.createElement("canvas");
    createPixels(canvas).paint(
      refineValues(bytes, side, MAP_SIDE),
      MAP_SIDE,
      paletteFor(about, classes !== null),
      classes && refineCells(classes, side, MAP_SIDE),
    );
    return canvas.toDataURL("image/png");
  }

  function drawMap() {
    const palettes = readPalettes(paper);
    const { train, test, validation } = session.runData.points;
    const { classes, caption, showTest } = mapProps(catalog, get());
    const [trainRim = "", testRim = "", ring = ""] = resolveColors(paper, RIMS);
    const unseen = [
      { points: test, rim: testRim, ring: null },
      { points: validation, rim: testRim, ring },
    ];
    return mapPicture({
      title: titleOf(caption),
      image: paintGround(),
      region: catalog.region,
      sets: [...(showTest ? unseen : []), { points: train, rim: trainRim, ring: null }],
      scale: palettes.scale,
      classColors: palettes.classes,
      classes,
      colors: inkColors(),
    });
  }

  function drawChart() {
    const series = lossSeries(session.runData.losses);
    const colors = resolveColors(
      paper,
      series.map(({ color }) => color),
    );
    return chartPicture({
      title: titleOf(phrase("exporting.loss")),
      logarithmic: get().logScale,
      colors: inkColors(),
      series: series.map(({ key, label, column }, index) => ({
        name: label,
        column,
        color: colors[index] ?? "",
        ...LINES[key],
      })),
    });
  }

  /**
   * @param {Kind} kind
   * @returns {Promise<Blob>}
   */
  async function make(kind) {
    switch (kind) {
      case "experiment":
        return new Blob([writeExperiment(get().experiment)], { type: "application/json" });
      case "network": {
        await session.exact();
        const { latest } = session.runData;
        const { exact, values } = latest?.views.parameters ?? {};
        if (!latest || !values) throw new Error("There is no network yet");
        const { epoch, step } = latest;
        const parameters = exact ?? values;
        return new Blob([writeNetwork(get().experiment, { parameters, epoch, step })], {
          type: "application/octet-stream",
        });
      }
      case "map-svg":
        return new Blob([drawMap()], { type: "image/svg+xml" });
      case "map-png":
        return rasterise(drawMap(), MAP_SIZE, MAP_SIZE);
      case "chart-svg":
        return new Blob([drawChart()], { type: "image/svg+xml" });
      case "chart-png":
        return rasterise(drawChart(), CHART_WIDTH, CHART_HEIGHT);
      case "losses":
        return new Blob([writeLosses(session.runData.losses)], { type: "text/csv" });
    }
  }

  /** @param {string} ending */
  function fileName(ending) {
    return `playground-${dataset().name}-epoch-${session.runData.epoch}-${ending}`;
  }

  return {
    /**
     * @param {string} kind a key of `ENDINGS`
     * @returns {Promise<{ name: string, blob: Blob }>}
     */
    async file(kind) {
      if (!isKind(kind)) throw new Error(`There is no export ${kind}`);
      const blob = await make(kind);
      return { name: fileName(ENDINGS[kind]), blob };
    },

    /**
     * The experiment as a script that trains as many epochs as the run has.
     * @param {string} language
     * @returns {Promise<{ name: string, text: string }>}
     */
    async code(language) {
      const epochs = session.runData.epoch || USUAL_EPOCHS;
      const text = await api.writeCode(language, get().experiment, epochs);
      return { name: fileName(`${language}.py`), text };
    },
  };
}
