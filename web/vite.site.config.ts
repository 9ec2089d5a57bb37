import { defineConfig } from 'vite';

/** Builds `/dashly.js`, which pages of other sites include: one classic script, beside the app's own files. */
export default defineConfig({
  publicDir: false,
  build: {
    target: 'es2022',
    emptyOutDir: false,
    lib: {
      entry: 'src/site/dashly.ts',
      formats: ['iife'],
      name: 'dashlyScript',
      fileName: () => 'dashly.js',
    },
  },
});
