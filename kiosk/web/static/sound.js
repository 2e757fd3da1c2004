// The buzzer: its rhythm drawn as short and long marks, and played when asked for.

const SHORT_S = 0.2;
const PITCH_HZ = 2300;
let audio = null;

export function draw(place, beats) {
  place.replaceChildren(
    ...beats.map(([on]) => Object.assign(document.createElement("i"), { className: on > SHORT_S ? "long" : "short" })),
  );
}

export function play(beats) {
  audio ??= new AudioContext();
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
