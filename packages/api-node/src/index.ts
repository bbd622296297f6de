export { type AppParts, createApp } from './app.ts';
export { createParts } from './parts.ts';
