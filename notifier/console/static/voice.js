// A voice from a microphone to a WAV file. Samples come from the worklet; nothing here knows the page.

export const RATE = 16000; // samples a second: twice what the speakers carry, a quarter of what microphones give

/** What a microphone says until `stop()`. `heard(peak, seconds)` is called some twenty times a second. */
export async function listen(heard) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
  const context = new AudioContext();
  const chunks = [];
  let count = 0;
  const release = async () => {
    for (const track of stream.getTracks()) track.stop();
    if (context.state !== "closed") await context.close();
  };
  try {
    await context.audioWorklet.addModule(new URL("voice_worklet.js", import.meta.url));
    await context.resume();
    const taker = new AudioWorkletNode(context, "voice", { numberOfOutputs: 1, channelCount: 1, channelCountMode: "explicit" });
    taker.port.onmessage = ({ data }) => {
      chunks.push(data);
      count += data.length;
      heard(data.reduce((most, one) => Math.max(most, Math.abs(one)), 0), count / context.sampleRate);
    };
    context.createMediaStreamSource(stream).connect(taker).connect(context.destination); // it puts out silence
  } catch (fault) {
    await release();
    throw fault;
  }
  const rate = context.sampleRate;
  return { stop: async () => { await release(); return { samples: joined(chunks, count), rate }; } };
}

function joined(chunks, count) {
  const whole = new Float32Array(count);
  let at = 0;
  for (const chunk of chunks) { whole.set(chunk, at); at += chunk.length; }
  return whole;
}

/** The mean of the samples that fall into each new one: what would fold back is mostly gone, and the rest is the server's. */
export function thinned(samples, rate, wanted = RATE) {
  if (rate <= wanted) return { samples, rate };
  const step = rate / wanted;
  const made = new Float32Array(Math.floor(samples.length / step));
  for (let n = 0; n < made.length; n += 1) {
    const end = Math.min(Math.ceil((n + 1) * step), samples.length);
    const start = Math.floor(n * step);
    let sum = 0;
    for (let at = start; at < end; at += 1) sum += samples[at];
    made[n] = sum / (end - start);
  }
  return { samples: made, rate: wanted };
}

/** 16 bit PCM, mono (RIFF/WAVE, Microsoft and IBM 1991). */
export function wav({ samples, rate }) {
  const file = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const words = (at, text) => [...text].forEach((sign, n) => file.setUint8(at + n, sign.charCodeAt(0)));
  words(0, "RIFF");
  file.setUint32(4, 36 + samples.length * 2, true);
  words(8, "WAVEfmt ");
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true); // PCM
  file.setUint16(22, 1, true); // one channel
  file.setUint32(24, rate, true);
  file.setUint32(28, rate * 2, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  words(36, "data");
  file.setUint32(40, samples.length * 2, true);
  samples.forEach((one, n) => file.setInt16(44 + n * 2, Math.max(-1, Math.min(1, one)) * 32767, true));
  return new Blob([file.buffer], { type: "audio/wav" });
}

/** Plays it on this device; returns how to stop it. `ended()` is called when it is over by itself. */
export async function play({ samples, rate }, ended) {
  const context = new AudioContext();
  const buffer = context.createBuffer(1, Math.max(samples.length, 1), rate);
  buffer.copyToChannel(samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.onended = () => { context.close(); ended(); };
  source.connect(context.destination);
  await context.resume();
  source.start();
  return () => source.stop();
}
