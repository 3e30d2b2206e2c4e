/**
 * Measure the contrast of every visible text under `root` (shadow roots included) against what lies behind it.
 * Returns those below WCAG AA: 4.5:1, or 3:1 for large text. Disabled controls are exempt by the standard.
 */
(root) => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((value, index) => value * a + below[index] * (1 - a));
  const parent = (element) => element.parentElement ?? element.getRootNode().host ?? null;
  const chain = (element) => {
    const all = [];
    for (let at = element; at; at = parent(at)) all.unshift(at);
    return all;
  };
  const behind = (element) => chain(element).reduce((below, at) => {
    const { backgroundColor, opacity } = getComputedStyle(at);
    const [r, g, b, a] = parse(backgroundColor);
    return over([r, g, b, a * Number(opacity)], below);
  }, matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255]);
  const poor = [];
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data.trim() && check(node);
    if (node.shadowRoot) node.shadowRoot.childNodes.forEach(visit);
    return node.childNodes.forEach(visit);
  };
  const check = (text) => {
    const element = text.parentElement;
    if (!element?.checkVisibility({ visibilityProperty: true }) || element.closest(":disabled, [aria-disabled=true], style, option")) return;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) return; // for screen readers only
    const style = getComputedStyle(element);
    const ground = behind(element);
    const opacity = chain(element).reduce((product, at) => product * Number(getComputedStyle(at).opacity), 1);
    const [r, g, b, a] = parse(style.color);
    const [ink, paper] = [luminance(over([r, g, b, a * opacity], ground)), luminance(ground)];
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < needed) poor.push(`${ratio.toFixed(2)} ${text.data.trim().slice(0, 40)}`);
  };
  visit(root);
  return poor;
}
