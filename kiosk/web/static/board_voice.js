// Says calls aloud by the browser's own voices, as kiosk/rules/announcing.py has it: first sayings before repetitions,
// never two at once, none that is no longer true, too old, or in quiet hours; nothing of before the sound was started.

const LONGEST_MS = 30_000; // some browsers never say that they have ended
const TONGUES = { vi: "vi-VN", en: "en-US" };

export function makeVoice({ sound, times, stale_ms, quiet_from, quiet_to, rate, hello }) {
  const speech = window.speechSynthesis;
  const start = document.getElementById("start");
  const voiceless = document.getElementById("voiceless");
  let started = sound === "on" && Boolean(speech);
  let known = null; // none yet: what was called before the page came is not said
  let waiting = [];
  let speaking = null;
  let utterance = null; // a browser may forget one that nobody holds, and its end with it
  let lag_ms = 0;
  let time = "";

  function hear(calls, now_ms) {
    lag_ms = Date.now() - now_ms;
    if (started && known) calls.filter(({ key, come }) => !come && !known.has(key)).forEach(called);
    known = new Set(calls.map(({ key }) => key));
    const open = new Set(calls.filter(({ come }) => !come).map(({ key }) => key));
    waiting = waiting.filter(({ call }) => open.has(call.key));
    if (speaking && !open.has(speaking.call.key)) speaking.left = 0;
    next();
  }

  function called(call) {
    const { number, counter } = call;
    const unheard = waiting.find((one) => one.left === times && one.call.number === number && one.call.counter === counter);
    if (unheard) {
      unheard.call = { ...call, said: unheard.call.said };
      return;
    }
    waiting = waiting.filter((one) => one.call.number !== number);
    waiting.push({ call, left: times });
  }

  function next() {
    const now_ms = Date.now() - lag_ms;
    waiting = waiting.filter(({ call }) => now_ms - call.called_ms < stale_ms);
    if (!started || speaking || !waiting.length || isQuiet()) return;
    const first = waiting.reduce((best, one) => (one.left > best.left ? one : best));
    waiting = waiting.filter((one) => one !== first);
    begin(first.call, first.left - 1);
  }

  function begin(call, left) {
    speaking = { call, left, rest: call.said.filter(([language]) => voiceFor(language)), since: Date.now() };
    say();
  }

  function say() {
    const sentence = speaking.rest.shift();
    if (!sentence) return end();
    const [language, text] = sentence;
    utterance = Object.assign(new SpeechSynthesisUtterance(text), { lang: TONGUES[language], rate });
    utterance.voice = voiceFor(language);
    utterance.onend = ({ target }) => target === utterance && say();
    utterance.onerror = ({ target, error }) => target === utterance && (error === "not-allowed" ? ask() : say());
    speech.speak(utterance);
  }

  function end() {
    const { call, left } = speaking;
    speaking = utterance = null;
    if (left) waiting.push({ call, left });
    next();
  }

  /** The browser wants a touch before it speaks. */
  function ask() {
    started = false;
    waiting = [];
    speaking = utterance = null;
    start.hidden = false;
  }

  function tick(now) {
    time = now;
    voiceless.hidden = !started || hello.every(([language]) => voiceFor(language));
    if (speaking && Date.now() - speaking.since > LONGEST_MS) {
      utterance = null;
      speech.cancel();
      end();
    }
    next();
  }

  function isQuiet() {
    if (!quiet_from || !quiet_to) return false;
    if (quiet_from <= quiet_to) return quiet_from <= time && time < quiet_to;
    return time >= quiet_from || time < quiet_to;
  }

  function voiceFor(language) {
    return speech.getVoices().find(({ lang }) => lang.toLowerCase().startsWith(language)) ?? null;
  }

  start.hidden = started || sound === "off" || !speech;
  start.addEventListener("click", () => {
    started = true;
    start.hidden = true;
    if (!speaking) begin({ said: hello }, 0);
  });
  return { hear, tick };
}
