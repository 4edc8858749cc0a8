// Runs in the page. What reaches beyond the window, and links that a finger misses.

/** The texts and images that begin or end outside of the window. */
judge.beyond = (texts) => {
  const images = [...document.images].map((element) => ({
    text: `<img alt="${element.alt}">`,
    box: element.getBoundingClientRect(),
  }));
  const width = document.documentElement.clientWidth;
  return [...texts, ...images]
    .filter(({ box }) => box.width > 0 && (box.left < -0.5 || box.right > width + 0.5))
    .map(({ text, box }) => ({ text, left: Math.round(box.left), right: Math.round(box.right) }));
};

/** The links less than `least` CSS pixels high or wide, but for those in a sentence (WCAG 2.5.8). */
judge.targets = (least) =>
  [...document.querySelectorAll("a[href]")]
    .map((link) => ({ link, box: judge.target(link) }))
    .filter(({ link, box }) => box && Math.min(box.width, box.height) < least && !judge.inSentence(link))
    .map(({ link, box }) => ({
      text: judge.short(link.textContent),
      width: Math.round(box.width * 10) / 10,
      height: Math.round(box.height * 10) / 10,
    }));

/** The largest box of a link that can be hit, its own or one inside; null where it cannot be seen. */
judge.target = (link) => {
  if (!link.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return null;
  const boxes = [link, ...link.querySelectorAll("*")].flatMap(judge.boxes);
  const least = (box) => Math.min(box.width, box.height);
  return boxes.reduce((best, box) => (best && least(best) >= least(box) ? best : box), null);
};

/** One for each line. What is inline is as high as its font: take Arial's 1.15, for this machine's font is
 * not the reader's. */
judge.boxes = (element) => {
  const style = getComputedStyle(element);
  const px = (name) => parseFloat(style[name]);
  const inline = style.display === "inline" && element.tagName !== "IMG";
  const most = inline ? 1.15 * px("fontSize") + px("paddingTop") + px("paddingBottom") : Infinity;
  return [...element.getClientRects()].map(({ width, height }) => ({ width, height: Math.min(height, most) }));
};

/** Whether words that are no link stand beside it, in a block that ends as sentences do. */
judge.inSentence = (link) => {
  let block = link.parentElement;
  while (getComputedStyle(block).display === "inline") block = block.parentElement;
  const words = { before: "", after: "" };
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (link.contains(node)) continue;
    const side = link.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING ? "before" : "after";
    words[side] += node.parentElement.closest("a[href]") ? "|" : node.data;
  }
  const beside = /[\p{L}\p{N},]\s*$/u.test(words.before) || /^\s*[\p{L}\p{N},]/u.test(words.after);
  return beside && /[.!?…。！？؟]["”»)]*\s*$/u.test(words.before + words.after);
};
