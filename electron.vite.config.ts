/** The four bundles of corelens, every entry explicit: main (window, command line, workers), preload, renderer. */
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'electron-vite'

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      rolldownOptions: {
        input: {
          electron: 'src-main/hosts/electron/main.ts',
          cli: 'src-main/hosts/cli/main.ts',
          'engine.worker': 'src-main/workers/engine.worker.ts',
          'graph.worker': 'src-main/workers/graph.worker.ts',
          'symbol.worker': 'src-main/workers/symbol.worker.ts',
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload loads neither ESM nor node_modules.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'src-preload/index.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    plugins: [svelte()],
    build: {
      outDir: 'out/renderer',
      rolldownOptions: { input: 'src-renderer/index.html' },
      // Data URLs would need `img-src data:` and `font-src data:`; files of our own don't.
      assetsInlineLimit: 0,
    },
  },
})
