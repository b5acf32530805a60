// Two tones while a case waits. Off until the responder turns it on, because browsers and night shifts ask for that.

const EVERY = 4000;

export class Sound {
  #context;
  #timer;
  on = false;

  async toggle() {
    this.on = !this.on;
    if (this.on) {
      this.#context ??= new AudioContext();
      await this.#context.resume();
      this.#beep();
    }
    return this.on;
  }

  alarm(wanted) {
    if (wanted && !this.#timer) {
      this.#beep();
      this.#timer = setInterval(() => this.#beep(), EVERY);
    } else if (!wanted && this.#timer) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #beep() {
    if (!this.on || !this.#context) return;
    navigator.vibrate?.([200, 100, 200]);
    for (const [index, pitch] of [660, 880].entries()) {
      const start = this.#context.currentTime + index * 0.22;
      const tone = new OscillatorNode(this.#context, { type: "sine", frequency: pitch });
      const gain = new GainNode(this.#context, { gain: 0 });
      gain.gain.linearRampToValueAtTime(0.25, start + 0.02);
      gain.gain.linearRampToValueAtTime(0, start + 0.2);
      tone.connect(gain).connect(this.#context.destination);
      tone.start(start);
      tone.stop(start + 0.22);
    }
  }
}
