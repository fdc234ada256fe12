"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const head = JSON.parse(one("#vote-head").textContent);
  const said = one("#said");
  const say = (words) => { if (said) said.textContent = words; };

  // Theme: the system's, or the other one by choice.
  const asks = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : asks.matches;
  const theme = one("#theme");
  const showTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  const keep = (value) => { try { localStorage.setItem("kvw-theme", value); } catch { /* a page from a file may have no store */ } };
  const kept = () => { try { return localStorage.getItem("kvw-theme"); } catch { return null; } };
  if (["light", "dark"].includes(kept())) root.dataset.theme = kept();
  const switchTheme = () => { root.dataset.theme = isDark() ? "light" : "dark"; keep(root.dataset.theme); showTheme(); };
  theme.addEventListener("click", switchTheme);
  asks.addEventListener("change", showTheme);
  showTheme();

  // The voice's figure stands over its mark.
  const figure = one("[data-place]");
  const placeFigure = () => {
    const room = figure.parentElement.parentElement.clientWidth;
    const left = Number(figure.dataset.place) / 100 * room - figure.offsetWidth / 2;
    figure.style.marginLeft = `${Math.max(0, Math.min(left, room - figure.offsetWidth))}px`;
  };
  if (figure) { placeFigure(); addEventListener("resize", placeFigure); }

  // Players: one sounds at a time.
  const sounds = new Map(all("audio").map((audio) => [audio.dataset.key, audio]));
  const cards = () => all("#cards > .card");
  const cardOf = (key) => cards().find((card) => card.dataset.key === key);
  const buttonsOf = (key) => all("[data-play]").filter((button) => button.dataset.play === key);
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  let last = null;
  const isVoice = (key) => key in head.voices;

  const show = (key) => {
    const audio = sounds.get(key);
    const isPlaying = !audio.paused && !audio.ended;
    for (const button of buttonsOf(key)) {
      one("use", button).setAttribute("href", isPlaying ? "#i-pause" : "#i-play");
      button.setAttribute("aria-label", `${isPlaying ? "Pause" : "Play"} ${button.dataset.words}`);
    }
    const card = cardOf(key);
    if (!card) return;
    card.classList.toggle("is-playing", isPlaying);
    const share = audio.duration ? audio.currentTime / audio.duration : 0;
    const width = one("svg[viewBox^='0 0 '][preserveAspectRatio]", card).viewBox.baseVal.width;
    for (const rect of all(".played", card)) rect.setAttribute("width", String(share * width));
    const seek = one(".seek", card);
    seek.value = String(Math.round(share * 1000));
    seek.setAttribute("aria-valuetext", isBlind ? `${Math.round(share * 100)} percent` : `${clock(audio.currentTime)} of ${clock(audio.duration || 0)}`);
    one(".clock", card).textContent = isBlind && isVoice(key) ? "" : `${clock(audio.currentTime)} / ${clock(audio.duration || 0)}`;
  };
  const play = (key) => {
    const audio = sounds.get(key);
    const before = last === null ? null : sounds.get(last);
    for (const [other, sound] of sounds) if (other !== key && !sound.paused) sound.pause();
    // Voices speak one text: switching goes on at the same place in it.
    if (before && before !== audio && isVoice(key) && isVoice(last) && before.duration && audio.duration && !before.ended) {
      audio.currentTime = before.currentTime / before.duration * audio.duration;
    } else if (audio.ended) {
      audio.currentTime = 0;
    }
    if (cardOf(key)) {
      last = key;
      for (const card of cards()) card.classList.toggle("is-last", card.dataset.key === key);
    }
    audio.play().catch(() => say("This browser cannot play it; the wav file lies beside the page."));
  };
  const toggle = (key) => {
    const audio = sounds.get(key);
    if (!audio) return;
    if (audio.paused || audio.ended) play(key); else audio.pause();
  };
  for (const [key, audio] of sounds) {
    audio.removeAttribute("controls");
    for (const event of ["play", "pause", "ended", "timeupdate", "loadedmetadata"]) audio.addEventListener(event, () => show(key));
  }
  for (const button of all("[data-play]")) button.addEventListener("click", () => toggle(button.dataset.play));
  for (const card of cards()) {
    one(".seek", card).addEventListener("input", (event) => {
      const audio = sounds.get(card.dataset.key);
      if (audio.duration) audio.currentTime = event.target.value / 1000 * audio.duration;
      show(card.dataset.key);
    });
  }
  const switchVoice = () => {
    const keys = cards().map((card) => card.dataset.key).filter(isVoice);
    if (keys.length) play(keys[(keys.indexOf(last) + 1) % keys.length]);
  };

  // Blind test and votes.
  let isBlind = false;
  let round = 1;
  const votes = [];
  const blind = one("#blind");
  const plainWords = new Map(cards().map((card) => [card.dataset.key, {
    kind: card.dataset.kind, title: one("h3", card).textContent, words: one(".play", card).dataset.words,
    sub: [...one(".sub", card).childNodes], seek: one(".seek", card).getAttribute("aria-label"),
  }]));
  const order = () => cards().map((card) => card.dataset.key).filter(isVoice);
  const letter = (key) => String.fromCharCode(65 + order().indexOf(key));
  const titleOf = (key) => key === "same" ? "no difference" : isBlind ? `voice ${letter(key)}` : plainWords.get(key).title.toLowerCase();
  const shuffled = (items) => {
    const found = [...items];
    for (let i = found.length - 1; i > 0; i -= 1) {
      const j = crypto.getRandomValues(new Uint32Array(1))[0] % (i + 1);
      [found[i], found[j]] = [found[j], found[i]];
    }
    return found;
  };
  const place = (keys) => {
    const list = one("#cards");
    const choices = one("#choices");
    for (const key of keys) {
      list.append(cardOf(key));
      choices.insertBefore(one(`[data-vote="${key}"]`, choices), one('[data-vote="same"]', choices));
    }
    cards().forEach((card, index) => { one("kbd", card).textContent = String(index + 1); });
  };
  const label = () => {
    for (const card of cards()) {
      const key = card.dataset.key;
      const words = plainWords.get(key);
      const isHidden = isBlind && isVoice(key);
      const title = isHidden ? `Voice ${letter(key)}` : words.title;
      card.dataset.kind = isHidden ? "blind" : words.kind;
      one("h3", card).textContent = title;
      one(".sub", card).replaceChildren(...(isHidden ? ["hidden until you reveal"] : words.sub));
      one(".play", card).dataset.words = isHidden ? title : words.words;
      one(".seek", card).setAttribute("aria-label", isHidden ? `Place in ${title}` : words.seek);
      const choice = one(`[data-vote="${key}"]`);
      if (choice) choice.textContent = title;
      show(key);
    }
    blind.setAttribute("aria-pressed", String(isBlind));
    one("#reveal").hidden = !isBlind;
  };
  const stop = () => { for (const audio of sounds.values()) { audio.pause(); audio.currentTime = 0; } last = null; for (const card of cards()) card.classList.remove("is-last"); };
  const original = order();
  const begin = () => {
    stop();
    isBlind = true;
    place(shuffled(original));
    label();
    one("#again").hidden = true;
    say(`Round ${round}: listen, then vote or reveal.`);
  };
  const reveal = (words = "Revealed.") => {
    if (!isBlind) return;
    const answers = order().map((key, index) => `${String.fromCharCode(65 + index)} is ${plainWords.get(key).title.toLowerCase()}`).join(", ");
    isBlind = false;
    round += 1;
    label();
    one("#again").hidden = false;
    say(`${words} ${answers[0].toUpperCase()}${answers.slice(1)}.`);
  };
  const leave = () => { isBlind = false; place(original); label(); one("#again").hidden = true; say(""); };
  const vote = (choice) => {
    const words = titleOf(choice);
    votes.push({ round: votes.length + 1, is_blind: isBlind, order: order(), choice, voted_at: new Date().toISOString() });
    const save = one("#save");
    save.disabled = false;
    save.textContent = votes.length === 1 ? "Save 1 vote" : `Save ${votes.length} votes`;
    if (isBlind) reveal(`You chose ${words}.`); else say(`Your vote: ${words}.`);
  };
  const save = () => {
    if (!votes.length) return;
    const text = JSON.stringify({ ...head, saved_at: new Date().toISOString(), votes }, null, 2);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "application/json" }));
    link.download = `kvw-vote-${head.runs.join("-").slice(0, 120)}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    say(`Saved as ${link.download}.`);
  };
  if (blind) {
    blind.addEventListener("click", () => isBlind ? leave() : begin());
    for (const button of all("[data-vote]")) button.addEventListener("click", () => vote(button.dataset.vote));
    one("#reveal").addEventListener("click", () => reveal());
    one("#again").addEventListener("click", begin);
    one("#save").addEventListener("click", save);
  }

  // Keys.
  const help = one("#help");
  const switchHelp = () => {
    const keys = one("#keys");
    keys.hidden = !keys.hidden;
    help.setAttribute("aria-expanded", String(!keys.hidden));
  };
  if (help) help.addEventListener("click", switchHelp);
  const voting = {
    b: () => isBlind ? leave() : begin(), v: () => { if (last !== null && isVoice(last)) vote(last); else say("Listen to a voice first."); },
    0: () => vote("same"), r: () => reveal(), n: begin, s: save,
  };
  const actions = { x: switchVoice, d: switchTheme, "?": () => help && switchHelp(), ...(blind ? voting : {}) };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const switched = one("#shortcuts");
    if (switched && !switched.checked) return;
    const isControl = event.target.closest("button, summary, a, input");
    if (event.key === " ") {
      if (isControl || event.target.closest("[tabindex]")) return;
      const key = last ?? cards()[0]?.dataset.key;
      if (key) { event.preventDefault(); toggle(key); }
      return;
    }
    const number = Number(event.key);
    const card = event.key.length === 1 && number >= 1 ? cards()[number - 1] : null;
    if (card) { toggle(card.dataset.key); return; }
    const action = Object.hasOwn(actions, event.key.toLowerCase()) ? actions[event.key.toLowerCase()] : null;
    if (action) { event.preventDefault(); action(); }
  });
  for (const key of sounds.keys()) show(key);
})();
