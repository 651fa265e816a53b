/** Notices about a run: which events show a notice, and which actions it offers. */

/**
 * @import { Catalog, Configured, Ended, ServerEvent, Welcome } from "../types/app.js"
 * @import { Session } from "../net/session.js"
 * @import { Visuals } from "./panels/visuals.js"
 */

import { formatPlain } from "../lib/text/format.js";
import { phrase } from "../lib/text/i18n.js";
import { lowerLearningRate } from "../model/experiment.js";
import { openedNotices, refusedNotice } from "../text/opened-notices.js";
import { describeChange } from "../text/run-status.js";

/** Shortest time between two announcements of progress, in milliseconds. */
const PROGRESS_PAUSE = 15_000;

/**
 * @typedef {object} Offer
 * @property {string} label
 * @property {() => void} perform
 */

/**
 * @typedef {object} Notice
 * @property {string} key a notice replaces the one with the same key
 * @property {string} title
 * @property {string} text
 * @property {"error" | "warning" | "info"} kind
 * @property {Offer[]} [offers]
 */

/**
 * @typedef {object} NotificationOptions
 * @property {Catalog} catalog
 * @property {Pick<Session, "on" | "store" | "change">} session
 * @property {Pick<Visuals, "on">} visuals
 * @property {(action: string) => void} perform
 * @property {() => void} showRule brings the control of the stop rule into view
 * @property {{ show: (notice: Notice) => void, dismiss: (key: string) => void }} notices
 * @property {(sentence: string) => void} announce writes into the live region
 * @property {string} [page] revision of this page
 * @property {() => void} [reload] reloads the page after saving its record
 */

/**
 * @param {NotificationOptions} options
 */
export function createNotifications({
  catalog,
  session,
  visuals,
  perform,
  showRule,
  notices: { show, dismiss },
  announce,
  page = "",
  reload = () => {},
}) {
  const { change } = session;
  const { get, subscribe } = session.store;
  const reset = { label: phrase("telling.reset"), perform: () => perform("reset") };
  let welcomes = 0;
  /** @type {string | null} reason of the last change of state, announced when the next picture is drawn */
  let reason = null;
  /** Time of the next announcement of progress. */
  let nextProgress = 0;

  /** @param {Welcome} event not the first of this visit, or one that resumes an earlier visit */
  function showReturn({ recovered, waited, runs }) {
    const state = runs[0]?.state;
    if (recovered && waited === 0) {
      if (welcomes > 1) announce(phrase("line.again.quiet"));
      return;
    }
    let text = phrase("line.again.anew");
    if (recovered) text = phrase("line.again.waited");
    else if (state?.reason === "resumed") text = phrase("line.again.kept", { epoch: state.epoch });
    show({ key: "line", kind: "info", title: phrase("line.again.title"), text });
    announce(`${phrase("line.again.title")} ${text}`);
  }

  function showIdle() {
    show({
      key: "resting",
      kind: "info",
      title: phrase("line.resting.title"),
      text: phrase("line.resting.text"),
      offers: [{ label: phrase("line.resting.go-on"), perform: () => perform("play") }],
    });
  }

  /** @param {Extract<ServerEvent, { type: "waiting" }>} event */
  function showWaiting({ waits, message }) {
    if (waits) show({ key: "waiting", kind: "warning", title: phrase("line.waiting.title"), text: message });
    else dismiss("waiting");
    announce(message);
  }

  function showNewVersion() {
    show({
      key: "newer",
      kind: "info",
      title: phrase("line.newer.title"),
      text: phrase("line.newer.text"),
      offers: [{ label: phrase("line.newer.reload"), perform: reload }],
    });
  }

  /** @param {Configured | Welcome} event with notes on fields that were adapted to those that the person has changed */
  function showNotes({ notes = [] }) {
    if (notes.length > 0)
      show({ key: "changes", kind: "info", title: phrase("telling.also"), text: notes.join(" ") });
  }

  function showFailure() {
    show({
      key: "failure",
      kind: "error",
      title: phrase("telling.failed"),
      text: phrase("telling.failed-text"),
      offers: [reset],
    });
  }

  /** @param {Ended} ended */
  function showDivergence({ epoch, message }) {
    const lower = lowerLearningRate(catalog, get().experiment);
    show({
      key: "ended",
      kind: "warning",
      title: phrase("telling.diverged", { epoch }),
      text: message,
      offers: [
        {
          label: phrase("telling.lower-rate", { rate: formatPlain(lower) }),
          perform() {
            change({ "training.learning_rate": lower });
            perform("reset");
            perform("play");
          },
        },
        reset,
      ],
    });
  }

  /** @param {Ended} ended */
  function showStop({ epoch, message }) {
    show({
      key: "ended",
      kind: "info",
      title: phrase("telling.stopped", { epoch }),
      text: message,
      offers: [
        {
          label: phrase("telling.train-on"),
          perform() {
            change({ "training.stop": catalog.experiment.training.stop });
            perform("play");
          },
        },
        { label: phrase("telling.change-rule"), perform: showRule },
        reset,
      ],
    });
  }

  /** @param {Ended | null} ended */
  function showEnd(ended) {
    if (ended === null) {
      dismiss("ended");
      return;
    }
    dismiss("changes");
    if (ended.kind === "diverged") showDivergence(ended);
    else showStop(ended);
  }

  /** @param {Extract<ServerEvent, { type: "error" }>} event */
  function showError({ code, field, message }) {
    const { ended } = get();
    if (ended !== null && (code === "diverged" || code === "stopped")) {
      showEnd(ended);
      return;
    }
    if (code.startsWith("resume-")) {
      show({
        key: "error",
        kind: "warning",
        title: phrase("line.again.title"),
        text: phrase("line.refused", { why: message }),
      });
      return;
    }
    if (code === "protocol") return;
    if (field === "address") {
      show(refusedNotice(message));
      return;
    }
    const label = (field && catalog.fields[field]?.label) ?? phrase("telling.not-possible");
    show({ key: "error", kind: "error", title: phrase("telling.about", { label }), text: message });
  }

  /** @param {ServerEvent} event after the state was updated */
  function showEvent(event) {
    switch (event.type) {
      case "welcome":
        welcomes += 1;
        dismiss("waiting"); // if the session still waits, it is shown again
        if (welcomes > 1 || event.runs[0]?.state.reason === "resumed") showReturn(event);
        if (event.page !== "" && event.page !== page) showNewVersion();
        if (welcomes > 1) showNotes(event);
        else for (const notice of openedNotices(event)) show(notice);
        break;
      case "state":
        reason = event.reason;
        if (event.reason === "idle") showIdle();
        else dismiss("resting");
        if (event.reason === "failed") showFailure();
        break;
      case "configured":
        if (event.reset) reason = "reset";
        showNotes(event);
        break;
      case "waiting":
        showWaiting(event);
        break;
      case "error":
        showError(event);
        break;
    }
  }

  /** @param {unknown} error */
  function showFault(error) {
    console.error(error);
    show({
      key: "fault",
      kind: "error",
      title: phrase("telling.fault"),
      text: phrase("telling.fault-text"),
    });
  }

  /**
   * Announces the last change of state, now that its picture is drawn, and from time to time the progress of training.
   * @param {number} epoch
   * @param {number} testLoss
   * @param {number} time in milliseconds
   */
  function announceProgress(epoch, testLoss, time) {
    if (reason === null && !(get().playing && time >= nextProgress)) return;
    const sentence = describeChange(reason ?? "going", epoch, testLoss);
    if (sentence) announce(sentence);
    reason = null;
    nextProgress = time + PROGRESS_PAUSE;
  }

  session.on("event", showEvent);
  session.on("fault", showFault);
  visuals.on("drawn", announceProgress);
  subscribe(({ ended }) => ended, showEnd);
}
