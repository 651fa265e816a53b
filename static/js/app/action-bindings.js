/** Connects buttons and keys to actions, and disables the buttons of actions that are not possible now. */

/**
 * @import { ActionContext } from "../types/app.js"
 * @import { Commands } from "./commands.js"
 * @import { Help } from "./help.js"
 * @import { OwnData } from "./own-data.js"
 * @import { Session } from "../net/session.js"
 * @import { Sharing } from "./share-and-export.js"
 * @import { Theme } from "../views/shell/theme.js"
 */

import { keepFocus } from "../lib/dom/focus.js";
import { listenForShortcuts } from "../lib/dom/shortcuts.js";
import { phrase } from "../lib/text/i18n.js";
import { ACTIONS, actionForKey, keyName, labelOf } from "../model/action-table.js";
import { createActionButtons } from "../views/settings/transport.js";

/**
 * @param {object} options
 * @param {HTMLElement} options.root the document's root element
 * @param {Session} options.session
 * @param {Commands} options.commands
 * @param {Help} options.help
 * @param {OwnData} options.ownData
 * @param {Sharing} options.sharing
 * @param {Theme} options.theme
 */
export function createActionBindings({ root, session, commands, help, ownData, sharing, theme }) {
  const { store, send } = session;
  /** @type {ActionContext} */
  const context = {
    get: store.get,
    send,
    openHelp: help.openHelp,
    explain: help.toggleExplain,
    showPresets: help.showPresets,
    openShare: sharing.openShare,
    openExport: sharing.openExport,
    undo: sharing.undo,
    redo: sharing.redo,
    nextTheme: theme.next,
    openOwnPoints: ownData.open,
    showOutput: commands.showOutput,
    regenerate: commands.drawPoints,
    changeSpeed: commands.changeSpeed,
    leaveSeed: commands.leaveSeed,
    toggle: commands.toggle,
  };

  /** @param {string} id */
  function perform(id) {
    const action = ACTIONS.find((entry) => entry.id === id);
    if (action?.available(store.get())) action.perform(context);
  }

  listenForShortcuts(document, (press) => {
    const action = actionForKey(press);
    if (!action?.available(store.get()) || (press.repeat && action.id === "play")) return false;
    perform(action.id);
    return true;
  });

  const buttons = createActionButtons(document.body, {
    actions: ACTIONS.map((action) => ({
      id: action.id,
      hint: phrase("actions-hint", {
        label: labelOf(action),
        keys: action.keys.map(keyName).join(phrase("keys.or")),
      }),
      shortcuts: action.keys.map((key) => (key === " " ? "Space" : key)).join(" "),
    })),
    onAction: perform,
  });

  function updateButtons() {
    const state = store.get();
    const able = new Set(ACTIONS.filter((action) => action.available(state)).map(({ id }) => id));
    buttons.update({ available: (id) => able.has(id), playing: state.playing });
    root.dataset.playing = String(state.playing);
  }

  store.subscribe(
    ({ connection, playing, pinned, preview, undoStack }) => [
      connection,
      playing,
      pinned,
      preview,
      undoStack,
    ],
    keepFocus(updateButtons),
  );

  return { perform };
}
