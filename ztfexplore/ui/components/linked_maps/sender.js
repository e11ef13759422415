// Messages to Python, sent again and again while they are not heard: the server may have started anew.

const LOST_MS = 8000;
const TRIES = 5;

export class Sender {
  constructor() {
    /** Streamlit's setTriggerValue, of the last mount. @type {((name: string, value: unknown) => void) | null} */
    this.trigger = null;
    /** @type {Record<string, ReturnType<typeof setTimeout>>} */
    this.timers = {};
  }

  /**
   * Send a message, and again while nobody has heard it.
   * @param {string} name
   * @param {() => object} message made anew for every try
   * @param {() => boolean} isUnheard
   * @param {() => void} giveUp called when all tries were in vain
   * @param {number} [tries]
   */
  insist(name, message, isUnheard, giveUp, tries = TRIES) {
    this.trigger?.(name, message());
    clearTimeout(this.timers[name]);
    this.timers[name] = setTimeout(() => {
      if (!isUnheard()) return;
      if (tries > 1) this.insist(name, message, isUnheard, giveUp, tries - 1);
      else giveUp();
    }, LOST_MS);
  }
}
