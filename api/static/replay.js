// The replay room without waiting for whole pages. Each step is the page of its own address, of which the parts that
// say where one is are put in the place of those that are there; the address follows.

const PARTS = ["#replay-shown", "#replay-nav", "#replay-forms", "#replay-clocks", "footer"];
const KEPT = 24;
const FIRST = 1;

const slider = document.getElementById("replay-slider");
const toggle = document.getElementById("replay-toggle");
const speed = document.getElementById("replay-speed");
const status = document.getElementById("replay-status");
const shown = () => document.getElementById("replay-shown");
const number = () => Number(shown().dataset.number);
const steps = () => Number(shown().dataset.steps);

// Pages by number -------------------------------------------------------------------------------------------

const pages = new Map();

function addressOf(there) {
  const address = new URL(location.href);
  for (const name of ["asiento", "tipo", "ir", "ocurrido"]) {
    if (name !== "ocurrido" || address.searchParams.get("reloj") !== "asientos") address.searchParams.delete(name);
  }
  // A page that opened by itself on one of the clocks says which.
  address.searchParams.set("reloj", document.querySelector("#replay-forms [name=reloj]").value);
  address.searchParams.set("paso", there);
  address.hash = "";
  return address.href;
}

// Asked for as a document, it is parsed by the browser and nothing in it runs: the site's policy allows no other way.
function fetched(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.setRequestHeader("Accept", "text/html");
    request.onerror = reject;
    request.onload = () => {
      const page = request.response;
      if (request.status === 200 && page?.getElementById("replay-shown")) resolve({ address: request.responseURL, page });
      else reject(new Error(`${request.status}`));
    };
    request.send();
  });
}

function pageOf(there) {
  if (!pages.has(there)) {
    const coming = fetched(addressOf(there));
    coming.catch(() => pages.delete(there));
    pages.set(there, coming);
    if (pages.size > KEPT) pages.delete(pages.keys().next().value);
  }
  return pages.get(there);
}

// Showing one -----------------------------------------------------------------------------------------------

function put({ address, page }) {
  const focused = document.activeElement?.id;
  for (const part of PARTS) {
    const [old, made] = [document.querySelector(part), page.querySelector(part)];
    if (old && made) old.replaceWith(document.importNode(made, true));
  }
  document.title = page.title;
  history.replaceState(null, "", address);
  slider.max = steps();
  slider.value = number();
  say();
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function say() {
  slider.setAttribute("aria-valuetext", shown().dataset.said);
  // While it plays, nobody wants every step read aloud.
  if (!playing) status.textContent = shown().dataset.said;
}

let wanted = null;
let going = null;

// The last step that was asked for is the one that is shown: those in between are skipped.
function show(there) {
  wanted = Math.min(Math.max(there, FIRST), steps());
  slider.value = wanted;
  going ??= follow().finally(() => (going = null));
  return going;
}

async function follow() {
  while (wanted !== null) {
    const there = wanted;
    wanted = null;
    try {
      put(await pageOf(there));
    } catch {
      // Offline, or something else than a step: the page itself says what it is.
      location.assign(addressOf(there));
      return;
    }
  }
  for (const near of [number() + 1, number() - 1]) if (near >= FIRST && near <= steps()) pageOf(near);
}

// Playing ---------------------------------------------------------------------------------------------------

let playing = false;

function play(on) {
  playing = on;
  toggle.setAttribute("aria-pressed", on);
  toggle.textContent = on ? toggle.dataset.pause : toggle.dataset.play;
  if (on) run();
  else say();
}

async function run() {
  if (number() >= steps()) await show(FIRST);
  while (playing && number() < steps()) {
    const next = performance.now() + 1000 / Number(speed.value);
    pageOf(number() + 1);
    await new Promise((resume) => setTimeout(resume, next - performance.now()));
    if (playing) await show(number() + 1);
  }
  if (playing) play(false);
}

// What one can do -------------------------------------------------------------------------------------------

const WAYS = {
  "replay-first": () => FIRST,
  "replay-previous": () => number() - 1,
  "replay-next": () => number() + 1,
  "replay-last": () => steps(),
};
const KEYS = { ArrowLeft: "replay-previous", ArrowRight: "replay-next", Home: "replay-first", End: "replay-last" };

function step(way) {
  if (playing) play(false);
  show(WAYS[way]());
}

slider.disabled = false;
document.getElementById("replay-play").hidden = false;
slider.addEventListener("input", () => {
  if (playing) play(false);
  show(Number(slider.value));
});
toggle.addEventListener("click", () => play(!playing));
document.addEventListener("visibilitychange", () => document.hidden && playing && play(false));

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("#replay-nav a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  step(link.id);
});

document.addEventListener("submit", async (event) => {
  if (event.target.id !== "replay-kind") return;
  event.preventDefault();
  if (playing) play(false);
  const query = new URLSearchParams(new FormData(event.target, event.submitter));
  const address = `${event.target.action}?${query}`;
  try {
    put(await fetched(address));
  } catch {
    location.assign(address);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const at = event.target;
  // What has keys of its own keeps them.
  if (at.closest?.("input:not(#replay-slider), select, textarea, .scroll")) return;
  if (event.key === " " && !at.closest?.("a, button, summary")) {
    event.preventDefault();
    play(!playing);
  } else if (event.key in KEYS) {
    event.preventDefault();
    step(KEYS[event.key]);
  }
});

say();
status.textContent = "";
follow();
