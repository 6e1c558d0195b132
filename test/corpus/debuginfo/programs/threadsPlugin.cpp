/* Loaded by threads.cpp: a library whose thread-locals are in no thread's own block. */
thread_local long inPlugin[100] = {1, 2, 3};
int pluginVariable = 6;

extern "C" void *pluginAddress() {
  return inPlugin;
}
