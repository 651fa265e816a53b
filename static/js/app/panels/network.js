/** The panel of the network: a tile for every unit, weights and biases. */

/** @import { Panel } from "./panels.js" */

import { byId, find } from "../../lib/dom/dom.js";
import { shownTarget } from "../../model/state.js";
import { createDiagram } from "../../views/diagram/diagram.js";
import { diagramProps } from "../selectors.js";

/** @type {Panel} */
export const NETWORK = {
  wants: () => [{ view: "tiles" }, { view: "parameters" }],

  follows: ({ experiment, wanted, connection, pinned, preview }) => [
    experiment,
    wanted,
    connection,
    pinned,
    preview,
  ],

  create({ catalog, commands, settings, sharing }) {
    const limits = catalog.fields["network.hidden"];
    const diagram = createDiagram(byId("diagram"), {
      units: { fewest: limits?.minimum_units ?? 1, most: limits?.maximum_units ?? 1 },
      onPreview: (unit) => commands.setPreview(unit && { kind: "unit", ...unit }),
      onPin: (unit) => commands.togglePin(unit && { kind: "unit", ...unit }),
      onUnits: commands.setUnits,
      onSetParameter: sharing.setParameter,
    });
    const map = find(document, "#map", HTMLCanvasElement);

    return {
      update(state, palettes) {
        const inputTiles = settings.featureTiles(state.experiment.features);
        diagram.update({ palettes, inputTiles, ...diagramProps(catalog, state) });
      },

      draw({ views, outputMap }, state, time, force) {
        if (!views.parameters) return;
        const showsOutput = shownTarget(state) === null && views.map !== undefined && views.map === outputMap;
        const parameters = views.parameters.values;
        const tiles = views.tiles?.values ?? null;
        diagram.draw({ parameters, tiles, output: showsOutput ? map : null }, time, force);
      },
    };
  },
};
