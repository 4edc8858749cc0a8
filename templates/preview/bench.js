// The chosen tab is in the address and the scheme in the session, so that both outlast a reload.
const all = (selector) => [...document.querySelectorAll(selector)];
const dark = matchMedia("(prefers-color-scheme: dark)").matches;

function remembered() {
  try { return sessionStorage.getItem("scheme"); } catch { return null; }
}

function remember(scheme) {
  try { sessionStorage.setItem("scheme", scheme); } catch { /* a browser that keeps nothing */ }
}

function paint(scheme) {
  document.documentElement.classList.toggle("dark", scheme === "dark");
  all("iframe").forEach((frame) => { frame.style.colorScheme = scheme; });
  all("[data-scheme]").forEach((button) => button.setAttribute("aria-pressed", button.dataset.scheme === scheme));
}

function show(tab) {
  all("[role=tab]").forEach((other) => {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  });
}

function choose(tab) {
  show(tab);
  history.replaceState(null, "", `#${tab.getAttribute("aria-controls")}`);
}

function follow() {
  const tab = all("[role=tab]").find((other) => `#${other.getAttribute("aria-controls")}` === location.hash);
  if (tab) show(tab);
  return tab;
}

function fit(screen) {
  const width = parseFloat(getComputedStyle(screen).getPropertyValue("--width"));
  const scale = Math.min(1, screen.clientWidth / width);
  screen.style.setProperty("--scale", scale);
  screen.parentElement.querySelector(".scale").textContent = scale < 1 ? `, at ${Math.round(100 * scale)}%` : "";
}

function step(event, place, tabs) {
  const goal = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 }[event.key];
  if (goal === undefined) return;
  event.preventDefault();
  const next = tabs.at(goal % tabs.length);
  choose(next);
  next.focus();
}

paint(remembered() ?? (dark ? "dark" : "light"));
addEventListener("DOMContentLoaded", () => {
  paint(remembered() ?? (dark ? "dark" : "light"));
  all("[data-scheme]").forEach((button) => button.addEventListener("click", () => {
    remember(button.dataset.scheme);
    paint(button.dataset.scheme);
  }));
  all("[role=tab]").forEach((tab, place, tabs) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => step(event, place, tabs));
  });
  const sizes = new ResizeObserver((changes) => changes.forEach((change) => fit(change.target)));
  all(".screen").forEach((screen) => sizes.observe(screen));
  follow();
});
addEventListener("hashchange", () => follow()?.scrollIntoView({ block: "center" }));
