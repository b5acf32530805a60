/**
 * Keeps the newest line in sight, unless the officer has gone back to read.
 */

const NEAR = 80; // pixels: whoever is this close to where the view was put has not gone back
const GAP = 8;
const BAR = 64; // where the whole page scrolls, the bar with the way out stays on top

export class View {
  #log;
  #put = Infinity; // before the first word of one's own, one reads from the top
  #first = null;
  #last = null;

  /** `log` is the element whose children are the lines. */
  constructor(log) {
    this.#log = log;
  }

  // What appears below (a person is being called, a phone's keyboard) must not hide the last line.
  #resized = new ResizeObserver(() => this.#last?.isConnected && this.follow(this.#last, this.#first));

  /** Shows `line`, which ends what begins with `first`, if the view follows; `always` for the officer's own. */
  follow(line, first = line, always = false) {
    const view = this.#scroller();
    const end = view.scrollHeight - view.clientHeight;
    const isFollowing = this.#put < Infinity && view.scrollTop >= Math.min(this.#put, end) - NEAR;
    if (!isFollowing && !always) return;
    this.#last = line;
    this.#first = first;
    this.#resized.observe(view);
    // An answer longer than the view is shown from its beginning: the numbers stand there.
    const height = line.getBoundingClientRect().bottom - first.getBoundingClientRect().top;
    const isLong = height > view.clientHeight || view === document.scrollingElement;
    this.#put = isLong ? this.#topOf(first, view) : end;
    view.scrollTop = this.#put;
  }

  /** The conversation was erased: back to the beginning. */
  reset() {
    this.#put = Infinity;
    this.#last = null;
  }

  #topOf(line, view) {
    const top = view === document.scrollingElement ? BAR : view.getBoundingClientRect().top;
    return Math.max(0, view.scrollTop + line.getBoundingClientRect().top - top - GAP);
  }

  /** What scrolls: the log alone; on a small screen the notes with it; on a very low one the whole page. */
  #scroller() {
    const parent = this.#log.parentElement;
    const { display, overflowY } = getComputedStyle(parent);
    if (display === "contents") return this.#log;
    return overflowY === "visible" ? document.scrollingElement : parent;
  }
}
