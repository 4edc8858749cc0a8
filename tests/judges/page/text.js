// Runs in the page. Every text that can be seen: its contrast and its size.

/** The text nodes that show something, each with its element and its rectangle. */
judge.texts = () => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!/[^\s\u00A0\u00AD\u034F\u200B-\u200F\uFEFF]/.test(node.data)) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width > 0 && box.height > 0) found.push({ element, box, text: judge.short(node.data) });
  }
  return found;
};

judge.short = (text) => text.replace(/\s+/g, " ").trim().slice(0, 60);

/** How well each text stands out, the worst first: contrast 0 where an image is behind it. */
judge.contrasts = (texts) => {
  const known = new Map();
  for (const { element, text } of texts) {
    if (known.has(element)) continue;
    const under = judge.background(element);
    const style = getComputedStyle(element);
    const ink = judge.colour(style.webkitTextFillColor);
    ink[3] *= judge.chain(element).reduce((share, at) => share * getComputedStyle(at).opacity, 1);
    const contrast = under ? judge.contrast(judge.over(ink, under), under) : 0;
    known.set(element, { contrast: Math.floor(contrast * 100) / 100, text, colour: style.color, behind: under });
  }
  return [...known.values()].sort((one, other) => one.contrast - other.contrast);
};

/** Text below `least` CSS pixels. */
judge.small = (texts, least) =>
  texts
    .map(({ element, text }) => ({ px: parseFloat(getComputedStyle(element).fontSize), text }))
    .filter(({ px }) => px < least);
