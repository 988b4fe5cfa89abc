// Measures a web terminal from the browser's side: echo latency of single bytes, then 100 MB of output, every byte
// counted. Usage: terminal_client.js SPEECH URL FILE [TOKEN]; SPEECH is one of those below. With the speech `ssh`, URL
// is a configuration of the system's ssh client, which runs behind pipes: what is there without any web server.
const { spawn } = require('child_process');
const { EventEmitter } = require('events');
const WebSocket = require('ws');

const [, , speech, url, file, token] = process.argv;
const ECHOES = 5000;
const WARM_UP = 2000; // else one in a hundred is this program itself, not yet compiled
const options = { perMessageDeflate: false, headers: token ? { Authorization: 'Bearer ' + token } : {} };

// How bytes travel: the subprotocol, what is said first, what stands before input, and the output of a message (null:
// it is about something else).
const bare = { protocols: [], before: '', output: (data) => data };
const { protocols, hello, before, output: outputOf } = {
  bare,
  ssh: bare,
  panel: { ...bare, protocols: ['nexus.terminal.binary'], output: (data, isBinary) => (isBinary ? data : null) },
  ttyd: {
    protocols: ['tty'],
    hello: JSON.stringify({ AuthToken: '', columns: 80, rows: 24 }),
    before: '0',
    output: (data) => (data[0] === 48 ? data.subarray(1) : null),
  },
}[speech];
const keys = (text) => Buffer.from(before + text);

function connectSsh() {
  const client = spawn('ssh', ['-F', url, '-tt', '127.0.0.1']);
  const socket = new EventEmitter();
  client.on('spawn', () => socket.emit('open'));
  client.on('error', (error) => socket.emit('error', error));
  client.stdout.on('data', (data) => socket.emit('message', data, true));
  return Object.assign(socket, { send: (bytes) => client.stdin.write(bytes), terminate: () => client.kill() });
}

function connectWeb() {
  const socket = new WebSocket(url, protocols, options);
  socket.on('open', () => socket._socket.setNoDelay(true));
  return socket;
}

// Opens a terminal, waits until its shell is raw and silent, and gives the bytes that come to `use`.
function open(after, use) {
  const socket = speech === 'ssh' ? connectSsh() : connectWeb();
  let head = '';
  let state = null;
  socket.on('open', () => {
    if (hello) socket.send(Buffer.from(hello));
    setTimeout(() => socket.send(keys(`stty raw -echo; printf "RE"; echo "ADY"; ${after}\r`)), 1200);
  });
  socket.on('message', (message, isBinary) => {
    const data = outputOf(message, isBinary);
    if (data === null) return;
    if (state) return state(data);
    head += data.toString('latin1');
    if (head.includes('READY')) state = use(socket);
  });
  socket.on('error', (error) => { console.error(error.message); process.exit(1); });
}

function echoes(done) {
  open('exec cat', (socket) => {
    const times = [];
    let began;
    const type = () => { began = process.hrtime.bigint(); socket.send(keys('x')); };
    setTimeout(type, 300);
    return () => {
      if (began === undefined) return;
      times.push(Number(process.hrtime.bigint() - began) / 1000);
      if (times.length < WARM_UP + ECHOES) return type();
      socket.terminate();
      times.splice(0, WARM_UP);
      times.sort((a, b) => a - b);
      done(times[ECHOES / 2], times[Math.floor(ECHOES * 0.99)]);
    };
  });
}

function output(size, done) {
  open(`sleep 0.5; cat ${file}; sleep 30`, (socket) => {
    let bytes = 0;
    let began;
    return (data) => {
      if (bytes === 0) {
        while (data.length && (data[0] === 10 || data[0] === 13)) data = data.subarray(1); // the end of READY's line
        if (!data.length) return;
        began = process.hrtime.bigint();
      }
      bytes += data.length;
      if (bytes < size) return;
      if (bytes > size) { console.error(`${bytes - size} bytes too many`); process.exit(1); }
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      socket.terminate();
      done(size / 1e6 / seconds);
    };
  });
}

setTimeout(() => { console.error('timeout'); process.exit(1); }, 60000);
echoes((p50, p99) => output(require('fs').statSync(file).size, (rate) => {
  console.log(JSON.stringify({ p50, p99, rate }));
  process.exit(0);
}));
