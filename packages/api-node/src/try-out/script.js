// Runs in the browser, as it stands here: see page.ts for what it works on.
(() => {
  const at = (id) => document.getElementById(id);
  const contract = JSON.parse(at('contract').textContent);
  let socket;
  let repeating;

  const note = (what, detail) => {
    const time = new Date().toISOString().slice(11, 23);
    at('log').prepend(`${time} ${what} ${detail === undefined ? '' : JSON.stringify(detail, null, 1)}\n`);
  };
  const parsed = (id) => {
    const text = at(id).value.trim();
    return text === '' ? undefined : JSON.parse(text);
  };
  /** What goes wrong is said where everything else is. */
  const onClick = (id, work) =>
    at(id).addEventListener('click', () => {
      Promise.resolve()
        .then(work)
        .catch((error) => note('✗', String(error)));
    });

  contract.events.forEach(({ event }) => at('event').add(new Option(event)));
  contract.requests.forEach(({ method, path }) => at('request').add(new Option(`${method} ${path}`)));
  const showEvent = () => {
    const { payload } = contract.events[at('event').selectedIndex] ?? {};
    at('payload').value = payload === undefined ? '' : JSON.stringify(payload, null, 1);
  };
  const showRequest = () => {
    const { method, path, body } = contract.requests[at('request').selectedIndex] ?? {};
    at('path').value = path ?? '';
    at('body').value = method === 'GET' || method === undefined ? '' : JSON.stringify(body, null, 1);
  };
  at('event').addEventListener('change', showEvent);
  at('request').addEventListener('change', showRequest);
  showEvent();
  showRequest();

  onClick('mint', async () => {
    const answer = await fetch('/try-out/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userId: at('user').value, role: at('role').value }),
    });
    const said = await answer.json();
    if (answer.ok) at('token').value = said.token;
    note(answer.ok ? 'a token for' : `✗ ${answer.status}`, answer.ok ? at('user').value : said);
  });
  onClick('connect', () => {
    socket?.disconnect();
    socket = window.io({ auth: { token: at('token').value } });
    const tell = (text) => {
      at('state').value = text;
      note(text);
    };
    socket.on('connect', () => tell(`connected as ${socket.id}`));
    socket.on('disconnect', (reason) => tell(`disconnected: ${reason}`));
    socket.on('connect_error', (error) => note('✗ connect_error', { message: error.message, data: error.data }));
    socket.onAny((event, ...args) => note(`← ${event}`, args));
  });
  onClick('disconnect', () => socket?.disconnect());

  const emit = () => {
    if (!socket) throw new Error('Connect first.');
    const payload = parsed('payload');
    const event = at('event').value;
    note(`→ ${event}`, payload);
    socket.emit(event, ...(payload === undefined ? [] : [payload]), (...answer) => note(`answer to ${event}`, answer));
  };
  onClick('emit', emit);
  onClick('repeat', () => {
    clearInterval(repeating);
    emit();
    repeating = setInterval(emit, Number(at('every').value) * 1000);
  });

  onClick('ask', async () => {
    const [method] = at('request').value.split(' ');
    const body = parsed('body');
    const answer = await fetch(at('path').value, {
      method,
      headers: {
        authorization: `Bearer ${at('token').value}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    note(`${method} ${at('path').value} ${answer.status}`, await answer.json());
  });
})();
