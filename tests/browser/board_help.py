"""What the tests of the board put into its page: measures of what is rendered, and a voice that remembers."""

# The height of a called digit in CSS pixels: of the flattest of ten, as this browser draws them in that very font.
DIGITS = """place => [...document.querySelectorAll(place)]
  .filter((number) => number.textContent && number.checkVisibility({ visibilityProperty: true }))
  .map((number) => {
    const { fontWeight, fontSize, fontFamily } = getComputedStyle(number);
    const drawing = document.createElement('canvas').getContext('2d');
    drawing.font = `${fontWeight} ${fontSize} ${fontFamily}`;
    const heights = [...'0123456789'].map((digit) => {
      const { actualBoundingBoxAscent, actualBoundingBoxDescent } = drawing.measureText(digit);
      return actualBoundingBoxAscent + actualBoundingBoxDescent;
    });
    return [number.textContent, Math.min(...heights)];
  })"""

# The contrast of each visible text with what it stands on, by WCAG 2.1 (relative luminance, 1.4.6).
CONTRASTS = """(root) => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
      if (alpha !== 0) throw new Error('half transparent grounds are not measured');
    }
    throw new Error('no ground');
  };
  const found = [];
  const texts = document.createTreeWalker(document.querySelector(root), NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement;
    const visible = { visibilityProperty: true, opacityProperty: true };
    if (!text.data.trim() || !element.checkVisibility(visible)) continue;
    let opacity = 1;
    for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    const [light, dark] = [getComputedStyle(element).color, ground(element)]
      .map((colour) => luminance(Array.isArray(colour) ? colour : channels(colour)) + 0.05).sort((a, b) => b - a);
    found.push([text.data.trim(), opacity === 1 ? light / dark : 1]);
  }
  return found;
}"""

# What does not fit: texts that are cut off or cover each other, and whatever sticks out of the screen.
OVERLAPS = """() => {
  const shown = (element) => element.textContent.trim() && element.checkVisibility({ visibilityProperty: true });
  const inside = (box, outer) => box.left >= outer.left - 1 && box.right <= outer.right + 1
    && box.top >= outer.top - 1 && box.bottom <= outer.bottom + 1;
  const boxOf = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const { left, right, top, bottom, height } = range.getBoundingClientRect();
    const blank = element.matches('.number, .desk') ? 0.15 * height : 0; // above and below digits
    return { left, right, top: top + blank, bottom: bottom - blank };
  };
  const found = [];
  for (const row of document.querySelectorAll('.call, .service, .watched, header, h2, .nobody')) {
    const parts = [...row.querySelectorAll('.word, .wait, .site, b, time')].filter(shown);
    for (const [index, part] of parts.entries()) {
      const box = boxOf(part);
      const name = part.textContent.trim();
      if (!inside(box, document.body.getBoundingClientRect())) found.push(`${name} sticks out`);
      const cut = part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1;
      if (cut && getComputedStyle(part).overflow === 'hidden') found.push(`${name} is cut`);
      for (const other of parts.slice(index + 1)) {
        const there = boxOf(other);
        if (part.contains(other) || other.contains(part)) continue;
        const wide = Math.min(box.right, there.right) - Math.max(box.left, there.left);
        const high = Math.min(box.bottom, there.bottom) - Math.max(box.top, there.top);
        const covers = wide > 1 && high > 1 && row.className !== 'service';
        if (covers) found.push(`${name} covers ${other.textContent.trim()}`);
      }
    }
  }
  return found;
}"""

# Counts what the board hears, so that a test knows that each of so many updates came.
COUNT_NEWS = """(() => {
  const listen = EventSource.prototype.addEventListener;
  window.heard = 0;
  EventSource.prototype.addEventListener = function (name, handle) {
    if (name === 'queue') listen.call(this, name, () => { window.heard += 1; });
    return listen.call(this, name, handle);
  };
})()"""

# A voice: it remembers what it said, in which language, and whether it was ever asked to speak while speaking.
# ``voices`` are the languages it has; ``holding``: it does not end by itself; ``shy``: it wants a touch first.
VOICE = """(() => {
  const voice = { said: [], overlaps: 0, cancelled: 0, holding: false, shy: false, now: null };
  voice.voices = ['vi-VN', 'en-US'];
  class Utterance { constructor(text) { this.text = text; } }
  const end = (utterance) => { voice.now = null; utterance.onend?.({ target: utterance }); };
  const speech = {
    getVoices: () => voice.voices.map((lang) => ({ lang })),
    cancel: () => {
      const cut = voice.now;
      voice.cancelled += 1;
      voice.now = null;
      cut?.onerror?.({ target: cut, error: 'canceled' });
    },
    speak: (utterance) => {
      if (voice.shy) return setTimeout(() => utterance.onerror?.({ target: utterance, error: 'not-allowed' }), 5);
      if (voice.now) voice.overlaps += 1;
      voice.now = utterance;
      voice.rate = utterance.rate;
      voice.said.push([utterance.lang, utterance.text]);
      if (!voice.holding) setTimeout(() => end(utterance), 20);
    },
  };
  voice.end = () => end(voice.now);
  Object.defineProperty(window, 'speechSynthesis', { value: speech });
  window.SpeechSynthesisUtterance = Utterance;
  window.voice = voice;
})()"""
