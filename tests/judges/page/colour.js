// Runs in the page. Colours as [red, green, blue, alpha], and what lies behind an element.

globalThis.judge = {};

/** A computed colour: rgb(), rgba() or color(srgb ...). */
judge.colour = (text) => {
  const parts = text.match(/[\d.]+(?:e-?\d+)?%?/g).map(Number);
  if (text.startsWith("color(srgb")) parts.splice(0, 3, ...parts.slice(0, 3).map((part) => part * 255));
  return [parts[0], parts[1], parts[2], parts[3] ?? 1];
};

/** `top` painted over the opaque `under`. */
judge.over = (top, under) => [...top.slice(0, 3).map((part, i) => part * top[3] + under[i] * (1 - top[3])), 1];

/** What the browser paints where nothing else is: in the dark it may not be white. */
judge.canvas = () => {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.style.setProperty("background-color", "Canvas", "important");
  const found = judge.colour(getComputedStyle(probe).backgroundColor);
  probe.remove();
  return found;
};

/** The element and its ancestors, outermost first. */
judge.chain = (element) => {
  const chain = [];
  for (let at = element; at; at = at.parentElement) chain.unshift(at);
  return chain;
};

/** The colour behind `element`'s text; null where an image is painted there. */
judge.background = (element) => {
  let under = judge.canvas();
  for (const at of judge.chain(element)) {
    const style = getComputedStyle(at);
    const colour = judge.colour(style.backgroundColor);
    if (style.backgroundImage !== "none") under = null;
    if (colour[3] === 1 && style.backgroundImage === "none") under = colour;
    else if (under) under = judge.over(colour, under);
  }
  return under;
};

/** The contrast of two opaque colours as WCAG defines it, 1 to 21. */
judge.contrast = (one, other) => {
  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
