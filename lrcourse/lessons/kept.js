// What was predicted and solved, in this browser alone. {keep, prediction: {name: record}, exercise: {name: record}}

const KEY = "lrcourse.progress", EMPTY = { keep: true, prediction: {}, exercise: {} };

export function kept() {
  try {
    return { ...EMPTY, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return { ...EMPTY };        // no storage here, or something that isn't ours
  }
}

function store(all) {
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
    return true;
  } catch {
    return false;
  }
}

/** Keep a record of one kind; false where it can't be kept. The time of the first stays. */
export function keep(kind, name, record) {
  const all = kept();
  if (!all.keep) return false;
  const at = all[kind][name]?.at ?? new Date().toISOString();
  return store({ ...all, [kind]: { ...all[kind], [name]: { ...record, at } } });
}

export const forget = () => store({ ...EMPTY, keep: kept().keep });

export const switchTo = on => store({ ...kept(), keep: on });

/** What a kernel in this browser asks to keep (kept.py): a line, or to forget; it asks for all when it starts. */
export function answerKernels() {
  const channel = new BroadcastChannel(KEY);
  channel.onmessage = ({ data }) => {
    const { line, ask, forget: gone } = JSON.parse(data);
    if (ask) channel.postMessage(JSON.stringify({ all: kept() }));
    if (gone) forget();
    if (line && "keep" in line) switchTo(line.keep);
    for (const kind of ["prediction", "exercise"]) if (line?.[kind]) {
      const { [kind]: name, ...record } = line;
      keep(kind, name, record);
    }
  };
}
