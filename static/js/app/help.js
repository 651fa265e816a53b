/** Help: the help dialog, presets, reference and explanations. */

/**
 * @import { Catalog } from "../types/app.js"
 * @import { Theme } from "../views/shell/theme.js"
 * @import { Commands } from "./commands.js"
 * @import { Notice } from "./notifications.js"
 * @import { Session } from "../net/session.js"
 */

import { byId, find } from "../lib/dom/dom.js";
import { phrase } from "../lib/text/i18n.js";
import { ACTIONS, keyName, labelOf } from "../model/action-table.js";
import { PRESETS } from "../model/presets.js";
import { explanationOf, PLACE_SELECTORS } from "../text/explanations.js";
import { createExplain } from "../views/dialogs/explain.js";
import { createHelpDialog } from "../views/dialogs/help.js";
import { createPresets } from "../views/dialogs/presets.js";
import { createReference } from "../views/dialogs/reference.js";

/** @typedef {ReturnType<typeof createHelp>} Help */

/**
 * @param {object} options
 * @param {HTMLElement} options.root the document's root element
 * @param {Catalog} options.catalog
 * @param {Session} options.session
 * @param {Commands} options.commands
 * @param {Theme} options.theme
 * @param {{ show: (notice: Notice) => void, dismiss: (key: string) => void }} options.notices
 */
export function createHelp({ root, catalog, session, commands, theme, notices }) {
  const { store } = session;

  const help = createHelpDialog(find(document, "#help", HTMLDialogElement), {
    shortcuts: ACTIONS.map((action) => ({ label: labelOf(action), keys: action.keys.map(keyName) })),
  });
  createReference(find(document, "#reference", HTMLDetailsElement), catalog);
  const explain = createExplain(root, {
    card: byId("explanation"),
    button: byId("explain"),
    places: PLACE_SELECTORS,
    explain(topic) {
      notices.dismiss("explain");
      return explanationOf(catalog, store.get().wanted, topic);
    },
    onAsk(asking) {
      const title = phrase("explain.title");
      if (asking) notices.show({ key: "explain", kind: "info", title, text: phrase("explain.text") });
      else notices.dismiss("explain");
    },
  });
  const presets = createPresets(byId("starts"), {
    presets: PRESETS.map(({ settings, ...preset }) => {
      const key = settings.data?.dataset ?? catalog.experiment.data.dataset;
      const about = `starts.${preset.key}`;
      const texts = { title: phrase(`${about}.title`), text: phrase(`${about}.text`) };
      return {
        ...preset,
        ...texts,
        dataset: catalog.choices.datasets.find((dataset) => dataset.key === key),
      };
    }),
    region: catalog.region,
    onChoose: commands.begin,
  });

  store.subscribe(
    ({ connection }) => connection,
    (connection) => presets.update({ enabled: connection === "open" }),
  );

  presets.paint(theme.palettes);
  theme.on("change", presets.paint);

  return { openHelp: help.open, toggleExplain: explain.toggle, showPresets: presets.open };
}
