/** Writes the losses of every epoch as CSV. */

/**
 * @import { Column } from "../lib/data/column.js"
 */

/**
 * @param {{ train: Column, test: Column, validation: Column }} losses by epoch
 * @returns {string} CSV, with a column for validation only where there are such samples
 */
export function writeLosses({ train, test, validation }) {
  const hasValidation = validation.length > 0;
  const columns = hasValidation ? [train, test, validation] : [train, test];
  const names = ["epoch", "training_loss", "test_loss", ...(hasValidation ? ["validation_loss"] : [])];
  const rows = [names.join(",")];
  for (let epoch = 0; epoch < train.length; epoch++) {
    rows.push([epoch, ...columns.map((column) => write(column.at(epoch)))].join(","));
  }
  return `${rows.join("\n")}\n`;
}

/**
 * The shortest text that is exactly the number; empty where there is no loss.
 * @param {number} loss
 * @returns {string}
 */
function write(loss) {
  if (Number.isNaN(loss)) return "";
  return Number.isFinite(loss) ? String(loss) : "inf";
}
