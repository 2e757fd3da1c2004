// Asks this kiosk to do something, and tells in one line what became of it.

const told = document.getElementById("told");

export function say({ vi, en }, tone = "done") {
  told.dataset.tone = tone;
  told.hidden = false;
  const english = Object.assign(document.createElement("span"), { className: "en", lang: "en", textContent: en });
  told.replaceChildren(`${vi} `, english);
}

export async function post(path, body, type) {
  try {
    const response = await fetch(path, { method: "POST", headers: { "X-Kiosk": "page", "Content-Type": type }, body });
    const answer = await response.json();
    if (answer.error) say({ vi: answer.error.vi, en: answer.error.detail || answer.error.en }, "trouble");
    return answer.error ? null : answer;
  } catch {
    say({ vi: "Máy chưa trả lời.", en: "The kiosk does not answer." }, "trouble");
    return null;
  }
}

export const ask = (path, values) => post(path, JSON.stringify(values), "application/json");
