import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const port = process.env.PORT;
/** Where `make dev` has the API listen. An empty value counts as not set, as it does there. */
const DEVELOPMENT_SERVER = `http://127.0.0.1:${port === undefined || port === '' ? '3000' : port}`;

export default defineConfig({
  plugins: [react()],
  // `make dev` shows the API's output in the same terminal, the first password among it.
  clearScreen: false,
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(['/api', '/health', '/ofrep', '/qa'].map((path) => [path, DEVELOPMENT_SERVER])),
  },
  build: {
    target: 'es2022',
    // The server's content security policy allows files only: nothing may end up inside the page or as a data address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The chart library is one lazily loaded chunk of about 500 kB before compression; nothing else comes near it.
    chunkSizeWarningLimit: 600,
  },
});
