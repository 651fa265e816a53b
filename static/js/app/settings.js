/** The settings: connects every control of the experiment and of its display with the state. */

/**
 * @import { Catalog, Palettes } from "../types/app.js"
 * @import { Theme } from "../views/shell/theme.js"
 * @import { Commands } from "./commands.js"
 * @import { Session } from "../net/session.js"
 */

import { byId, find, findAll } from "../lib/dom/dom.js";
import { keepFocus } from "../lib/dom/focus.js";
import { getField, layersBy, optionsOf, optionValues } from "../model/experiment.js";
import { appliesToPoints, followsFromPoints } from "../model/own-points.js";
import { appliesTo, lossesFor, problemOf } from "../model/problem.js";
import { createClassicSeed } from "../views/settings/classic-seed.js";
import { createCollapsibleSections } from "../views/settings/collapsible-sections.js";
import { createControls } from "../views/settings/controls.js";
import { createDatasets } from "../views/settings/datasets.js";
import { createFeatures } from "../views/settings/features.js";
import { createLayerCount } from "../views/settings/layer-count.js";
import { createOptions } from "../views/settings/options.js";
import { createCounter } from "../views/settings/transport.js";

/** Media query for pages that have room for all sections. */
const ROOMY = "(min-width: 1180px)";

/** @typedef {ReturnType<typeof createSettings>} Settings */

/**
 * @param {object} options
 * @param {Catalog} options.catalog
 * @param {Session} options.session
 * @param {Commands} options.commands
 * @param {Theme} options.theme
 */
export function createSettings({ catalog, session, commands, theme }) {
  const { store, change } = session;

  const classicSeed = createClassicSeed(byId("classic-seed"), { onLeave: commands.leaveSeed });
  const counter = createCounter(find(document, ".transport", HTMLElement), {
    speeds: catalog.speeds,
    onSpeed: commands.setSpeed,
  });
  const controls = createControls(byId("playground"), {
    onChange: (name, value) => change({ [name]: value }),
  });
  const options = createOptions(byId("playground"), {
    onChange(choice, name, value) {
      change({
        [`${choice}_options`]: { ...optionValues(catalog, store.get().wanted, choice), [name]: value },
      });
    },
  });
  const datasets = createDatasets(byId("datasets"), {
    datasets: catalog.choices.datasets,
    region: catalog.region,
    onChoose: commands.chooseDataset,
  });
  const features = createFeatures(byId("features"), {
    features: catalog.choices.features,
    onToggle(key, on) {
      const others = store.get().wanted.features.filter((name) => name !== key);
      change({ features: on ? [...others, key] : others });
    },
    onPreview: (key) => commands.setPreview(key === null ? null : { kind: "feature", key }),
  });
  const limits = catalog.fields["network.hidden"];
  const layerCount = createLayerCount(find(document, ".network__count", HTMLElement), {
    fewest: limits?.minimum_layers ?? 0,
    most: limits?.maximum_layers ?? 0,
    onCount: (by) => change({ "network.hidden": layersBy(catalog, store.get().wanted, by) }),
  });
  createCollapsibleSections(byId("playground"), { roomy: ROOMY });

  const problemSelect = find(document, "#problem", HTMLSelectElement);
  problemSelect.addEventListener("change", () => {
    const dataset = store.get().datasetOf[problemSelect.value];
    if (dataset) commands.chooseDataset(dataset);
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

  function updateControls() {
    const { experiment, wanted, connection } = store.get();
    const enabled = connection === "open";
    const problem = problemOf(catalog, wanted);
    const own = wanted.data.points !== null;
    // The loss is adapted to another problem by the server; until then, the choices are those for the present loss.
    controls.setChoices("objective.loss", lossesFor(catalog, problemOf(catalog, experiment)));
    controls.update({
      enabled,
      valueOfField: (name) => getField(wanted, name),
      applies: (name) => appliesTo(catalog, name, problem) && appliesToPoints(wanted, name),
      fixed: (name) => followsFromPoints(wanted, name),
    });
    options.update({
      enabled,
      optionsOf: (choice) => (own && choice === "data.dataset" ? [] : optionsOf(catalog, wanted, choice)),
      valuesOf: (choice) => optionValues(catalog, wanted, choice),
    });
    datasets.update({ problem, chosen: own ? "" : wanted.data.dataset, enabled });
    for (const part of findAll(document, "[data-only-for]", HTMLElement))
      part.hidden = (part.dataset.onlyFor === "points") !== own;
    features.update({ active: wanted.features, enabled });
    layerCount.update({ count: wanted.network.hidden.length, enabled });
    classicSeed.update({ seed: wanted.data.classic_seed, enabled });
    problemSelect.value = problem;
    problemSelect.disabled = !enabled;
  }

  store.subscribe(
    ({ connection, experiment, wanted }) => [connection, experiment, wanted],
    keepFocus(updateControls),
  );
  store.subscribe(
    ({ connection, speed }) => [connection, speed],
    () => {
      const { connection, speed } = store.get();
      counter.update({ speed, enabled: connection === "open" });
    },
  );

  /** @param {Palettes} palettes */
  function paint(palettes) {
    datasets.paint(palettes);
    features.paint(palettes);
  }
  paint(theme.palettes);
  theme.on("change", paint);

  const more = find(document, ".more", HTMLDetailsElement);

  return {
    counter,
    featureTiles: features.tiles,

    /** Brings the control of the stop rule into view and focuses it. */
    showRule() {
      more.open = true;
      const rule = find(more, '[data-field="training.stop"]', HTMLSelectElement);
      rule.scrollIntoView({ block: "nearest" });
      rule.focus();
    },
  };
}
