// What was predicted and solved, in this browser alone. {keep, prediction: {name: record}, exercise: {name: record}}

const KEY = "lrcourse.progress", EMPTY = { keep: true, prediction: {}, exercise: {} };

export function kept() {
  try {
    return { ...EMPTY, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return { ...EMPTY };        // no storage here, or something that isn't ours
  }
}

/** Keep a record of one kind; false where it can't be kept. */
export function keep(kind, name, record) {
  const all = kept();
  if (!all.keep) return false;
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...all, [kind]: { ...all[kind], [name]: { ...record, at: new Date().toISOString() } } }));
    return true;
  } catch {
    return false;
  }
}
