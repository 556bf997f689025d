// The page around the program: theme before the first paint, loading with progress, what is missing, crashes,
// `window.potholes`. A classic script in the head, so that the theme is there before anything is drawn.
(() => {
  'use strict';

  const VERSION = '{{hash}}';
  const WASM_BYTES = Number('{{wasm_bytes}}');
  const TICK_MS = 300;
  const THEME_KEY = 'potholes.theme';

  const root = document.documentElement;
  const at = (id) => document.getElementById(id);

  // The theme last used in the window, else the system's (which the style sheet follows by itself).
  try {
    const theme = localStorage.getItem(THEME_KEY);
    if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
  } catch { /* storage may be forbidden; then the system's theme stands */ }

  function keepTheme(theme) {
    if (!theme || theme === root.dataset.theme) return;
    root.dataset.theme = theme;
    try { localStorage.setItem(THEME_KEY, theme); } catch { /* as above */ }
  }

  // Shows one of the sections of the page over the canvas, or none.
  function show(id) {
    for (const section of document.querySelectorAll('section.over')) section.hidden = section.id !== id;
  }

  // Makes a link open the page anew: with the part after `#` alone the browser would stay where it is.
  function opensAnew(anchor, hash) {
    anchor.href = location.pathname + location.search + (hash ? '#' + hash : '');
    anchor.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      history.replaceState(null, '', anchor.href);
      location.reload();
    });
  }

  function hasWebgl() {
    const canvas = document.createElement('canvas');
    try { return Boolean(canvas.getContext('webgl2') || canvas.getContext('webgl')); } catch { return false; }
  }

  // The program uses WebAssembly's SIMD: whether the browser takes a module of one function that does.
  function hasWasm() {
    const module = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
    return typeof WebAssembly === 'object' && WebAssembly.validate(new Uint8Array(module));
  }

  // The window takes the size of its canvas in device pixels from the browser. Where that is wrong (developer tools that
  // pretend another screen do not tell it), the browser must not offer it: then the size is worked out from CSS pixels.
  function checkDevicePixels(canvas) {
    const offered = window.ResizeObserverEntry && 'devicePixelContentBoxSize' in ResizeObserverEntry.prototype;
    if (!offered) return Promise.resolve();
    return new Promise((done) => {
      const patience = setTimeout(done, 500);
      const observer = new ResizeObserver(([entry]) => {
        const device = entry.devicePixelContentBoxSize[0].inlineSize;
        const worked = entry.contentBoxSize[0].inlineSize * devicePixelRatio;
        if (Math.abs(device - worked) > 2) delete ResizeObserverEntry.prototype.devicePixelContentBoxSize;
        observer.disconnect();
        clearTimeout(patience);
        done();
      });
      observer.observe(canvas, { box: 'device-pixel-content-box' });
    });
  }

  function progress(share) {
    const bar = at('progress');
    if (share === null) { bar.removeAttribute('value'); at('progress-text').textContent = 'Starting'; return; }
    bar.value = share;
    at('progress-text').textContent = `Loading, ${Math.floor(share * 100)} %`;
  }

  // The program's bytes, counted as they come; compiled while they come. The length is known from the build, because
  // the header's is that of the compressed file.
  async function fetchProgram() {
    const response = await fetch(`potholes_bg.wasm?v=${VERSION}`);
    if (!response.ok) throw new Error(`The server answered ${response.status} for the program's file.`);
    let got = 0;
    const counted = response.body.pipeThrough(new TransformStream({
      transform(chunk, out) {
        got += chunk.byteLength;
        progress(Math.min(1, got / WASM_BYTES));
        out.enqueue(chunk);
      },
      flush() { progress(null); },
    }));
    return new Response(counted, { headers: { 'Content-Type': 'application/wasm' } });
  }

  function notLoaded(error) {
    const offline = navigator.onLine === false;
    at('not-loaded-why').textContent = offline
      ? 'There is no network, and this browser has not kept the page from an earlier visit.'
      : String(error && error.message || error);
    opensAnew(at('not-loaded-again'), location.hash.slice(1));
    show('not-loaded');
  }

  function crashed(crash) {
    at('crashed-message').textContent = `${crash.message}\n\nversion ${VERSION}`;
    at('crashed-stack').textContent = crash.stack || '';
    opensAnew(at('crashed-again'), crash.link);
    opensAnew(at('crashed-fresh'), '');
    show('crashed');
  }

  // `run` takes text and answers text, or takes an object and answers with one; `locate` gives an object or null;
  // `state` gives text.
  function offer(program) {
    window.potholes = Object.freeze({
      run(request) {
        if (typeof request === 'string') return program.run_json(request);
        return JSON.parse(program.run_json(JSON.stringify(request ?? null)));
      },
      locate(name) { return JSON.parse(program.locate_json(String(name))); },
      state() { return program.state_json(); },
    });
  }

  // A few times a second: has it crashed, has the screen changed for those who hear it, has the theme or the run changed.
  function watch(program, mirror) {
    let stopped = false;
    const stop = (crash) => {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      crashed(crash);
    };
    const timer = setInterval(() => {
      const crash = program.crash_json();
      if (crash) { stop(JSON.parse(crash)); return; }
      keepTheme(program.theme());
      mirror.update();
      // The address names a run as it was opened. Once that was worked on, loading the page again must bring back the
      // work (the window keeps it), not the run as it was.
      if (location.hash && program.has_moved_on()) {
        history.replaceState(null, '', location.pathname + location.search);
      }
    }, TICK_MS);
    addEventListener('hashchange', () => {
      if (location.hash.length > 1) program.open_link(location.hash.slice(1));
    });
    // Out of memory and the like stop the program without a panic.
    addEventListener('error', (event) => {
      if (!(event.error instanceof WebAssembly.RuntimeError)) return;
      const crash = program.crash_json();
      const link = program.saved_link();
      stop(crash ? JSON.parse(crash) : { message: String(event.error), stack: event.error.stack, link });
    });
    at('app').addEventListener('webglcontextlost', () => {
      if (stopped) return;
      opensAnew(at('lost-again'), program.saved_link());
      show('lost');
    });
  }

  // Ctrl+K and Cmd+K are the browser's own (its search field) unless taken here. With the window in focus egui sees the
  // key by itself; otherwise the window is given the focus and the key.
  function takeCtrlK(program) {
    addEventListener('keydown', (event) => {
      const wanted = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey
        && event.key.toLowerCase() === 'k';
      if (!wanted) return;
      event.preventDefault();
      if (!at('stage').contains(document.activeElement)) {
        at('app').focus({ preventScroll: true });
        program.press_palette_key();
      }
    }, true);
  }

  function keepForOffline() {
    if (!('serviceWorker' in navigator) || !isSecureContext) return;
    // Without it the page works all the same, as long as there is a network.
    navigator.serviceWorker.register('sw.js').catch((error) => console.info('not kept for offline use:', error));
  }

  async function start() {
    if (!hasWasm()) { show('no-wasm'); return; }
    const webgl = hasWebgl();
    if (!webgl) show('no-webgl');
    try {
      const [program, { Mirror }] = await Promise.all([
        import(`./potholes.js?v=${VERSION}`),
        import(`./mirror.js?v=${VERSION}`),
        checkDevicePixels(at('app')),
      ]);
      await program.default({ module_or_path: fetchProgram() });
      offer(program);
      if (webgl) {
        await program.start(at('app'));
        takeCtrlK(program);
        watch(program, new Mirror(program, at('app'), at('mirror'), at('live')));
        show(null);
      }
      keepForOffline();
    } catch (error) {
      console.error(error);
      if (webgl) notLoaded(error);
    }
  }

  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', start); else start();
})();
