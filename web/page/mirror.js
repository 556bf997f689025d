// The mirror: for everything on the canvas that has a name, an element a screen reader can find, read and activate.
//
// The elements lie where the things are drawn, invisible, and let every pointer through. They keep out of the tab order:
// with the keyboard one moves in the canvas, whose `aria-activedescendant` says where one is.

const MOST = 600;

export class Mirror {
  constructor(program, canvas, mirror, live) {
    Object.assign(this, { program, canvas, mirror, live, seen: 0, elements: new Map() });
    const target = (event) => event.target.closest('[data-node]')?.dataset.node;
    mirror.addEventListener('click', (event) => {
      const id = target(event);
      if (id) { program.activate(id); this.canvas.focus({ preventScroll: true }); }
    });
    // A screen reader that moves the focus here wants it in the window.
    mirror.addEventListener('focusin', (event) => {
      const id = target(event);
      if (id) { program.focus(id); this.canvas.focus({ preventScroll: true }); }
    });
    const textField = canvas.parentElement.querySelector('input');
    if (textField) textField.setAttribute('aria-label', 'Text field');
  }

  // Brings the elements up to the last frame, if it changed anything.
  update() {
    const text = this.program.nodes_json(this.seen);
    if (!text) return;
    const { revision, nodes, focus, live } = JSON.parse(text);
    this.seen = revision;
    if (this.live.textContent !== live) this.live.textContent = live;

    const shown = nodes.slice(0, MOST);
    const kept = new Set(shown.map((node) => node.id));
    for (const [id, element] of this.elements) {
      if (!kept.has(id)) { element.remove(); this.elements.delete(id); }
    }
    let next = this.mirror.firstChild;
    for (const node of shown) {
      const element = this.element(node);
      if (element === next) next = next.nextSibling; else this.mirror.insertBefore(element, next);
    }
    const active = focus && this.elements.get(focus);
    if (active) this.canvas.setAttribute('aria-activedescendant', active.id);
    else this.canvas.removeAttribute('aria-activedescendant');
  }

  // The element for a node, made or brought up to date; only what changed is written.
  element(node) {
    let element = this.elements.get(node.id);
    if (!element) {
      element = document.createElement('div');
      element.id = `node-${node.id}`;
      element.dataset.node = node.id;
      element.drawn = {};
      this.elements.set(node.id, element);
    }
    const set = (key, value, write) => {
      if (element.drawn[key] !== value) { element.drawn[key] = value; write(value); }
    };
    const attribute = (name) => (value) => {
      if (value === null) element.removeAttribute(name); else element.setAttribute(name, value);
    };
    const plain = node.role === '';
    set('role', node.role, (role) => {
      if (plain) { element.removeAttribute('role'); return; }
      element.setAttribute('role', role);
      if (node.clickable) element.tabIndex = -1;
    });
    set('text', plain ? node.name : '', (text) => { element.textContent = text; });
    set('name', plain ? null : node.name, attribute('aria-label'));
    set('description', node.description || null, attribute('aria-description'));
    set('value', plain ? null : node.value || null, attribute('aria-valuetext'));
    set('on', node.on === null ? null : String(node.on), attribute(node.role === 'button' ? 'aria-pressed' : 'aria-checked'));
    set('disabled', node.enabled ? null : 'true', attribute('aria-disabled'));
    const { x, y, w, h } = node.place;
    set('place', `${x} ${y} ${w} ${h}`, () => {
      Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px` });
    });
    return element;
  }
}
