// How a kernel's model is found: each model that a page has goes by its key. The kernel's models
// may come before the pictures, as when a cell runs, or after them, as when a page is reloaded.

/** Called by anywidget for every model of the kernel, on show or not. */
export function initialize({ model }) {
  const models = (globalThis.courseModels ??= new Map());
  const key = model.get("_key");
  models.set(key, model);
  document.dispatchEvent(new Event("course-model"));
  return () => models.delete(key);
}
