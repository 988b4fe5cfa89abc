// The peer of the HTTP rows: fastify with @fastify/jwt (HS256), one process. Prints a token, then serves.
'use strict';
const fastify = require('fastify')();
fastify.register(require('@fastify/jwt'), { secret: 'supersecretsupersecretsupersecret' });
fastify.get('/hello', async () => ({ message: 'Hello, World!' }));
fastify.get('/jwt', { onRequest: async (request) => { await request.jwtVerify(); } },
  async (request) => ({ message: 'Hello, World!', user: request.user.sub }));
fastify.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
  .then(() => console.log(fastify.jwt.sign({ sub: 'admin', role: 'admin' })));
