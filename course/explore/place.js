// An explorer on a page: it takes the place of its picture. It has a model of its own, so that it
// needs no kernel. When a kernel has one too, by this key, the two follow each other.

/** Put a view into an element that holds the state in data-state. */
export function settle(place, view, style, key) {
  const state = JSON.parse(place.dataset.state);
  const listeners = {};
  const notify = (event, ...details) => {
    for (const listener of listeners[event] ?? []) listener(...details);
  };
  let live = null;
  const model = {
    get: (name) => state[name],
    set(name, value) {
      if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
      state[name] = value;
      live?.set(name, value);
      notify("change");
    },
    save_changes() {
      if (model.widget_manager?.kernel !== null) live?.save_changes(); // null: it has gone
    },
    send: (...message) => live?.send(...message),
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    off(event, listener) {
      listeners[event] = (listeners[event] ?? []).filter((each) => each !== listener);
    },
    get widget_manager() {
      return live?.widget_manager;
    },
  };

  function join() {
    live = globalThis.courseModels?.get(key);
    if (!live) return;
    document.removeEventListener("course-model", join);
    for (const name of Object.keys(state)) {
      const take = () => model.set(name, live.get(name));
      live.on(`change:${name}`, take);
      take();
    }
    live.on("msg:custom", (...details) => notify("msg:custom", ...details));
  }
  document.addEventListener("course-model", join);
  join();

  const el = document.createElement("div");
  const looks = Object.assign(document.createElement("style"), { textContent: style });
  place.replaceChildren(looks, el);
  view.render({ model, el });
}
