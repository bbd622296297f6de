// Preloaded into every node whose memory is measured: what is garbage is collected before anybody looks. By a signal that
// means nothing to a server: others end it, as `SIGUSR2` does ours.
process.on('SIGWINCH', () => globalThis.gc?.());
