import type { Server } from 'node:http';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { z } from 'zod';

const frameSchema = z.tuple([
  z.string().nullable(),
  z.string().nullable(),
  z.string(),
  z.string(),
  z.record(z.string(), z.unknown()),
]);

interface Joined {
  joinRef: string | null;
  key: string;
  meta: Record<string, unknown> | undefined;
}

/** The few frames of the Phoenix protocol, version 2.0.0, that a watch needs: join, heartbeat, broadcast, presence. */
export class FakeRealtime {
  readonly #sockets = new Map<WebSocket, Map<string, Joined>>();
  readonly #server: WebSocketServer;

  constructor(server: Server) {
    this.#server = new WebSocketServer({ server, path: '/realtime/v1/websocket' });
    this.#server.on('connection', (socket) => {
      this.#sockets.set(socket, new Map());
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.terminate());
      socket.on('message', (data) => this.#receive(socket, String(data)));
    });
  }

  get sockets(): number {
    return this.#sockets.size;
  }

  stop(): void {
    for (const socket of this.#sockets.keys()) socket.terminate();
    this.#server.close();
  }

  broadcast(topic: string, event: string, payload: Record<string, unknown>): void {
    const body = { type: 'broadcast', event, payload };
    this.#everyone(topic, () => [null, null, `realtime:${topic}`, 'broadcast', body]);
  }

  #everyone(topic: string, frame: (joined: Joined) => unknown): void {
    for (const [socket, topics] of this.#sockets) {
      const joined = topics.get(`realtime:${topic}`);
      if (joined !== undefined) socket.send(JSON.stringify(frame(joined)));
    }
  }

  #receive(socket: WebSocket, text: string): void {
    const parsed = frameSchema.safeParse(JSON.parse(text));
    const topics = this.#sockets.get(socket);
    if (!parsed.success || topics === undefined) return;
    const [joinRef, ref, topic, event, payload] = parsed.data;
    const reply = (): void =>
      socket.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }]));
    if (event === 'phx_join') {
      const config = z.object({ config: z.object({ presence: z.object({ key: z.string() }) }) }).safeParse(payload);
      topics.set(topic, { joinRef, key: config.success ? config.data.config.presence.key : '', meta: undefined });
    }
    if (event === 'phx_leave') topics.delete(topic);
    reply();
    const joined = topics.get(topic);
    if (event === 'presence' && joined !== undefined) {
      joined.meta = z.record(z.string(), z.unknown()).catch({}).parse(payload.payload);
      this.#presence(topic);
    }
  }

  #presence(topic: string): void {
    const state: Record<string, unknown> = {};
    for (const topics of this.#sockets.values()) {
      const joined = topics.get(topic);
      if (joined?.meta !== undefined) state[joined.key] = { metas: [{ phx_ref: joined.key, ...joined.meta }] };
    }
    this.#everyone(topic.replace('realtime:', ''), ({ joinRef }) => [joinRef, null, topic, 'presence_state', state]);
  }
}
