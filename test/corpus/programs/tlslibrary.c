// A library with a thread-local variable, called NAME; MODEL is its TLS model.
_Thread_local char before[40] = "something in front of it";
_Thread_local int NAME __attribute__((tls_model(MODEL))) = 5;
int *where(void) { return &NAME; }
