// Runs beside the page: hands the microphone's samples over in pieces of about a twentieth of a second.
class Voice extends AudioWorkletProcessor {
  constructor() { super(); this.kept = new Float32Array(2048); this.at = 0; }

  process([input]) {
    const samples = input[0];
    if (!samples) return true;
    this.kept.set(samples, this.at);
    this.at += samples.length;
    if (this.at + samples.length > this.kept.length) {
      this.port.postMessage(this.kept.slice(0, this.at));
      this.at = 0;
    }
    return true;
  }
}
registerProcessor("voice", Voice);
