// The usual web terminal: npm ws in front, npm ssh2 behind, in one process (the design of webssh2 and its kin).
// Usage: ssh_proxy.js PORT SSH_PORT USER KEY_FILE
const fs = require('fs');
const http = require('http');
const { WebSocketServer } = require('ws');
const { Client } = require('ssh2');

const [, , port, sshPort, user, keyFile] = process.argv;
const server = http.createServer((request, response) => response.end('ready'));
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  socket._socket.setNoDelay(true);
  const ssh = new Client();
  ssh.on('ready', () => {
    ssh._sock.setNoDelay(true);
    ssh.shell({ term: 'xterm-256color', cols: 80, rows: 24 }, (error, shell) => {
      shell.on('data', (data) => {
        socket.send(data);
        if (socket.bufferedAmount <= 1 << 20) return;
        shell.pause();
        const timer = setInterval(() => {
          if (socket.bufferedAmount > 1 << 18) return;
          clearInterval(timer);
          shell.resume();
        }, 2);
      });
      socket.on('message', (message) => shell.write(message));
      shell.on('close', () => socket.close());
    });
  });
  ssh.on('error', (error) => console.error(error.message));
  socket.on('close', () => ssh.end());
  ssh.connect({ host: '127.0.0.1', port: +sshPort, username: user, privateKey: fs.readFileSync(keyFile) });
});
server.listen(+port, '127.0.0.1', () => console.log('ready'));
