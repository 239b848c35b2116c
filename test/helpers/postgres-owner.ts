// A process that starts the embedded Postgres of a folder, says where it is on stdout, and stays until its
// stdin ends. Arguments: the folder.
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';

const server = await startEmbeddedPostgres({ folder: process.argv[2] ?? '' });
const { role, pid, connectionString } = server;
process.stdout.write(`${JSON.stringify({ role, pid, connectionString })}\n`);
process.stdin.resume().on('end', () => void server.stop());
