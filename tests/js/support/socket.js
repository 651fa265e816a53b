/** A socket without a network: what is sent is kept, what comes is given by the test. */

export class FakeSocket {
  /** @type {FakeSocket[]} */
  static opened = [];
  readyState = 0;
  binaryType = "blob";
  /** @type {unknown[]} */
  sent = [];
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: { data: unknown }) => void) | null} */
  onmessage = null;
  /** @type {((event: { code: number }) => void) | null} */
  onclose = null;

  /** @param {string} url */
  static open(url) {
    const socket = new FakeSocket();
    socket.url = url;
    FakeSocket.opened.push(socket);
    return /** @type {WebSocket} */ (/** @type {unknown} */ (socket));
  }

  url = "";

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  /** @type {number | undefined} */
  closedWith = undefined;

  /** @param {number} [code] */
  close(code = 1005) {
    this.closedWith = code;
    this.drop(code);
  }

  accept() {
    this.readyState = 1;
    this.onopen?.();
  }

  /** @param {object} event */
  tell(event) {
    this.onmessage?.({ data: JSON.stringify(event) });
  }

  /** @param {ArrayBuffer} bytes */
  show(bytes) {
    this.onmessage?.({ data: bytes });
  }

  /** @param {number} [code] */
  drop(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  static latest() {
    const socket = FakeSocket.opened.at(-1);
    if (!socket) throw new Error("No socket was opened");
    return socket;
  }
}
