// The buzzer: its rhythm drawn as short and long marks, and played once the browser lets it sound.

const SHORT_S = 0.2;
const PITCH_HZ = 2300;
let audio = null;

export function draw(place, beats) {
  place.replaceChildren(
    ...beats.map(([on]) => Object.assign(document.createElement("i"), { className: on > SHORT_S ? "long" : "short" })),
  );
}

/** Lets it sound: after a touch, or at once in a browser that asks for none. */
export async function start() {
  audio ??= new AudioContext();
  await audio.resume();
}

export function play(beats) {
  if (audio?.state !== "running") return; // else what waits for a touch would pile up
  let at = audio.currentTime;
  for (const [on, off] of beats) {
    const tone = new OscillatorNode(audio, { type: "square", frequency: PITCH_HZ });
    const volume = new GainNode(audio, { gain: 0.05 });
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + on);
    at += on + off;
  }
}
