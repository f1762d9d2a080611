// What everything interactive shares on the page: nodes, keys, light and dark.

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// JupyterLab takes keys away from whatever has the focus, unless the focused element itself asks it not to.
export const KEYS = { "data-lm-suppress-shortcuts": "true" };

export const ids = (prefix => { let last = 0; return () => `${prefix}-${++last}`; })(`lrx-${Math.random().toString(36).slice(2)}`);

/** Where a pointer is in a node, in the node's own pixels: a slide may show them larger or smaller. */
export function within(node, event) {
  const box = node.getBoundingClientRect(), scale = node.offsetWidth / box.width || 1;
  return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
}

/** Keeps `root` in the theme of the page it stands on, calling `changed(dark)`; returns what looks again. */
export function followTheme(el, root, signal, changed = () => {}) {
  const look = () => {
    const dark = isDark(el);
    root.dataset.theme = dark ? "dark" : "light";
    changed(dark);
  };
  const page = new MutationObserver(look);
  for (const node of [document.documentElement, document.body]) page.observe(node, { attributes: true });
  signal.addEventListener("abort", () => page.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look, { signal });
  return look;
}

/** Dark or light is what it stands on, whatever the page calls its theme. */
function isDark(el) {
  for (let node = el; node; node = node.parentElement) {
    const [r, g, b, alpha = 1] = getComputedStyle(node).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    if (alpha > 0.5) return 0.2126 * r + 0.7152 * g + 0.0722 * b < 110;
  }
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  return scheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches;
}
