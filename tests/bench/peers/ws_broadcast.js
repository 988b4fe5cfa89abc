// A room of npm ws: what one client says, every client gets, with one send for each. Usage: ws_broadcast.js PORT
const http = require('http');
const { WebSocketServer } = require('ws');

const server = http.createServer((request, response) => response.end('ready'));
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket) => {
  socket.on('message', (message) => {
    for (const client of sockets.clients) client.send(message, { binary: false });
  });
  socket.on('error', () => {}); // a client of an earlier run that left
});
server.listen(+process.argv[2], '127.0.0.1');
